import { Failure, type ErrorCode } from './failure'
import type { Face, Role, WhyView } from './protocol.gen'

/** A signed-in member of staff. */
export interface User {
  id: string
  name: string
  role: Role
  seat: string
}

/** What GET /api/info tells every page. */
export interface Info {
  build: string
  demo: boolean
  centre: string
  title: string
  /** version of the notice under the button, sent with the press */
  consent_text: string
  /** IANA name of the centre's time zone; a server before this one does not say */
  zone?: string
  /** server's clock, unix ms UTC */
  now_ms?: number
  /** recorded clips are served */
  clips?: boolean
  /** in demo mode only */
  stations?: { id: string; name: string; grid: string }[]
}

/** Faces that log in; each has a session of its own, so both run in one browser. */
export type StaffFace = Exclude<Face, 'station'>

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init })
  } catch (error) {
    throw new Failure('network', String(error))
  }
  if (response.ok) return response
  let code: ErrorCode = response.status === 401 ? 'login' : response.status === 429 ? 'rate' : 'internal'
  let detail = `HTTP ${response.status}`
  let retry = 0
  try {
    const body = (await response.json()) as { code?: ErrorCode; detail?: string; retry_ms?: number }
    if (typeof body.code === 'string' && body.code !== ('' as ErrorCode)) code = body.code
    if (typeof body.detail === 'string') detail = body.detail
    if (typeof body.retry_ms === 'number') retry = body.retry_ms
  } catch {
    // Not JSON (a proxy's page): the status stands for it.
  }
  throw new Failure(code, detail, retry)
}

function post(path: string, body: unknown): Promise<Response> {
  return request(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
}

/** @throws Failure bad_login, rate (retryMS), network */
export async function login(face: StaffFace, user: string, password: string): Promise<User> {
  return (await post('/api/login', { face, user, password })).json() as Promise<User>
}

export async function logout(face: StaffFace): Promise<void> {
  await post('/api/logout', { face })
}

/** @throws Failure login when nobody is signed in at this face */
export async function me(face: StaffFace): Promise<User> {
  return (await request(`/api/${face}/me`)).json() as Promise<User>
}

/** Single-use ticket for Hello, good for 30 s. @throws Failure login, not_found (unknown station) */
export async function socketTicket(face: Face, station = ''): Promise<string> {
  const response = face === 'station' ? await post('/api/station/socket', { station }) : await post(`/api/${face}/socket`, {})
  return ((await response.json()) as { ticket: string }).ticket
}

/** What a station holds once it is enrolled. key is the id of its public key. */
export interface Enrolled {
  station: string
  name: string
  key: string
}

/** Registers a station's public key with a one-time code. @throws Failure bad_code, rate (retryMS), network */
export async function enrol(body: { code: string; public_key: string; proof: string }): Promise<Enrolled> {
  return (await post('/api/station/enrol', body)).json() as Promise<Enrolled>
}

/** A nonce to sign, good once and for 60 s. @throws Failure rate, network */
export async function challenge(key: string): Promise<string> {
  return ((await (await post('/api/station/challenge', { key })).json()) as { nonce: string }).nonce
}

/** Log-in of an enrolled station: a socket ticket. rotate: its key is due for another. @throws Failure not_enrolled, nonce, network */
export async function stationTicket(body: { key: string; nonce: string; signature: string }): Promise<{ ticket: string; station: string; name: string; rotate: boolean }> {
  return (await post('/api/station/socket', body)).json() as Promise<{ ticket: string; station: string; name: string; rotate: boolean }>
}

/** Registers the key that follows; the old one stays good until the new one was used. @throws Failure not_enrolled, nonce, network */
export async function rotate(body: { key: string; nonce: string; signature: string; public_key: string; proof: string }): Promise<{ key: string }> {
  return (await post('/api/station/rotate', body)).json() as Promise<{ key: string }>
}

export async function info(): Promise<Info> {
  return (await request('/api/info')).json() as Promise<Info>
}

/** Bytes of a captured page; the server checks who handles the case and writes it down. */
export async function pageBytes(id: string): Promise<Blob> {
  return (await request(`/api/desk/pages/${encodeURIComponent(id)}`)).blob()
}

/** Why a ticket was offered to whom, newest first. Desk and board may ask. @throws Failure not_found, login, network */
export async function why(ticket: string): Promise<WhyView[]> {
  return ((await (await request(`/api/tickets/${encodeURIComponent(ticket)}/why`)).json()) as { offers: WhyView[] | null }).offers ?? []
}
