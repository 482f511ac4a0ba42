/** The administration's requests: one answer or one Refusal, never silence. */
import type { AuditRow, AuditVerdict, CsvKind, CsvReport, EnrolmentCode, Hours, MatterRow, Numbers, NumbersAnswer, Person, Seen, StationRow } from './wire'
import type { User } from '@/lib/api'

/** A request that had no effect, or of which nobody knows (timeout, network). */
export class Refusal extends Error {
  constructor(
    /** HTTP status, 0 when no answer came */
    readonly status: number,
    /** stable name: the server's, or login, forbidden, timeout, network, internal */
    readonly code: string,
    readonly detail = '',
    /** ms after which it makes sense to try again, 0 unknown */
    readonly retryMS = 0,
    /** of a refused import */
    readonly report?: CsvReport,
    /** of a write that another was faster than: what stands now, as its GET tells it, with its version */
    readonly present?: unknown,
  ) {
    super(detail ? `${code}: ${detail}` : code)
    this.name = 'Refusal'
  }

  static from(error: unknown): Refusal {
    return error instanceof Refusal ? error : new Refusal(0, 'internal', error instanceof Error ? error.message : String(error))
  }
}

export const patienceMS = 15_000
const importPatienceMS = 60_000

/** Dispatched on the window when a request is refused because the session ran out. */
export const expiredEvent = 'admin-expired'

const byStatus: Record<number, string> = { 401: 'login', 403: 'forbidden', 404: 'not_found', 409: 'conflict', 412: 'changed', 413: 'too_large', 415: 'type', 422: 'invalid', 429: 'rate', 503: 'records_away', 507: 'disk_full' }

/** The version that the author of a write saw; undefined: there was none, and there must be none. */
const saw = (version: string | undefined): Record<string, string> => (version === undefined ? { 'If-None-Match': '*' } : { 'If-Match': `"${version}"` })

async function request(method: string, path: string, body?: BodyInit, headers: Record<string, string> = {}, type = 'application/json', limitMS = patienceMS): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(path, {
      method, body, credentials: 'same-origin', cache: 'no-store', signal: AbortSignal.timeout(limitMS), headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': type }) },
    })
  } catch (error) {
    const late = error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError')
    throw new Refusal(0, late ? 'timeout' : 'network', String(error))
  }
  let answer: unknown
  try {
    const text = await response.text()
    answer = text === '' ? {} : JSON.parse(text)
  } catch (error) {
    if (error instanceof DOMException) throw new Refusal(0, 'timeout', error.message)
    if (response.ok) throw new Refusal(response.status, 'internal', 'the answer is not JSON')
    answer = {} // a proxy's page: the status stands for it
  }
  if (response.ok) return answer
  if (response.status === 401 && path !== '/api/login' && path !== '/api/admin/me') window.dispatchEvent(new Event(expiredEvent))
  const said = (answer ?? {}) as { code?: string; detail?: string; field?: string; retry_ms?: number; present?: unknown } & Partial<CsvReport>
  // A login that breaks the rules of logins is no failed log-in.
  const code = said.field && said.code === 'bad_login' ? 'invalid' : said.code || (byStatus[response.status] ?? 'internal')
  throw new Refusal(response.status, code, said.detail ?? said.field ?? `HTTP ${response.status}`, said.retry_ms ?? 0,
    Array.isArray(said.errors) ? reportOf(said) : undefined, said.present ?? undefined)
}

const get = (path: string): Promise<unknown> => request('GET', path)
const send = (method: string, path: string, body: unknown): Promise<unknown> => request(method, path, JSON.stringify(body))
/** Replaces what was seen. @throws Refusal changed (412), with what stands now */
const replace = (path: string, body: unknown, version: string | undefined): Promise<unknown> => request('PUT', path, JSON.stringify(body), saw(version))
const id = encodeURIComponent

/** The list of an answer, bare or under its name; Go sends null for an empty one. */
export function listOf<T>(answer: unknown, name: string): T[] {
  if (Array.isArray(answer)) return answer as T[]
  const inside = (answer as Record<string, unknown> | null)?.[name]
  return Array.isArray(inside) ? (inside as T[]) : []
}

function reportOf(r: Partial<CsvReport>): CsvReport {
  return { rows: r.rows ?? 0, added: r.added ?? 0, changed: r.changed ?? 0, same: r.same ?? 0, without_password: r.without_password ?? 0, version: r.version ?? '', errors: r.errors ?? [] }
}

/** @throws Refusal bad_login, rate, forbidden */
export async function login(user: string, password: string): Promise<User> {
  return (await send('POST', '/api/login', { face: 'admin', user, password })) as User
}
export async function logout(): Promise<void> {
  await send('POST', '/api/logout', { face: 'admin' })
}
/** @throws Refusal login */
export async function me(): Promise<User> {
  return (await get('/api/admin/me')) as User
}

export async function people(): Promise<Seen<Person>[]> {
  return listOf<Seen<Person>>(await get('/api/admin/people'), 'people').map((p) => ({ ...p, skills: p.skills ?? [], stations: p.stations ?? [] }))
}
/** What the server takes of a person; 包联 and dates are its own. */
const personBody = (p: Person) => ({ login: p.login, name: p.name, role: p.role, seat: p.seat, skills: p.skills, disabled: p.disabled })

/** @throws Refusal exists (409) */
export async function addPerson(person: Person, password: string): Promise<void> {
  await send('POST', '/api/admin/people', { ...personBody(person), password })
}
export async function putPerson(person: Person, version: string): Promise<void> {
  await replace(`/api/admin/people/${id(person.login)}`, personBody(person), version)
}
export async function setPassword(login: string, password: string): Promise<void> {
  await send('POST', `/api/admin/people/${id(login)}/password`, { password })
}

/** All stations, and the version of the 包联 that they show. */
export async function stations(): Promise<{ stations: Seen<StationRow>[]; bound: string }> {
  const answer = await get('/api/admin/stations')
  return {
    stations: listOf<Seen<StationRow>>(answer, 'stations').map((s) => ({ ...s, keys: s.keys ?? [], code_expires_ms: s.code_expires_ms ?? 0 })),
    bound: (answer as { affinity_version?: string }).affinity_version ?? '',
  }
}
/** Replaces the version that was seen, undefined adds. @throws Refusal exists (412) when there is one already */
export async function putStation(s: StationRow, version: string | undefined): Promise<void> {
  await replace(`/api/admin/stations/${id(s.id)}`, { id: s.id, name: s.name, grid: s.grid, specialist: s.specialist, affinity: s.affinity, closed: s.closed }, version)
}
export async function issueCode(station: string): Promise<EnrolmentCode> {
  return (await send('POST', `/api/admin/stations/${id(station)}/code`, {})) as EnrolmentCode
}
/** Revokes every key of the station; its pages are out within 5 s. */
export async function revokeKeys(station: string): Promise<void> {
  await request('DELETE', `/api/admin/stations/${id(station)}/keys`)
}
export async function putAffinity(pairs: { station: string; agent: string }[], version: string): Promise<void> {
  await replace('/api/admin/affinity', { pairs }, version)
}

export async function hours(): Promise<Seen<Hours>> {
  const h = (await get('/api/admin/hours')) as Partial<Seen<Hours>>
  return { always: h.always ?? false, week: h.week ?? [], holidays: h.holidays ?? [], version: h.version ?? '' }
}
export async function putHours({ always, week, holidays }: Hours, version: string): Promise<void> {
  await replace('/api/admin/hours', { always, week, holidays }, version)
}

export async function numbers(): Promise<Seen<NumbersAnswer>> {
  return (await get('/api/admin/numbers')) as Seen<NumbersAnswer>
}
export async function putNumbers(n: Numbers, version: string): Promise<void> {
  await replace('/api/admin/numbers', { numbers: n }, version)
}

export async function matters(): Promise<Seen<MatterRow>[]> {
  return listOf<Seen<MatterRow>>(await get('/api/admin/matters'), 'matters')
}
/** @returns the version that it is now */
export async function putMatter(matter: string, enabled: boolean, version: string): Promise<string> {
  const answer = (await replace(`/api/admin/matters/${id(matter)}`, { enabled }, version)) as { version?: string }
  return answer.version ?? ''
}

/** Newest first; before is the cursor of the page before, '' the newest. */
export async function audit(before: string, limit: number): Promise<{ rows: AuditRow[]; next: string }> {
  const answer = await get(`/api/admin/audit?limit=${limit}${before ? `&before=${id(before)}` : ''}`)
  return { rows: listOf<AuditRow>(answer, 'rows'), next: (answer as { next?: string }).next ?? '' }
}
export async function verifyAudit(): Promise<AuditVerdict> {
  const v = (await request('POST', '/api/admin/audit/verify', '{}', {}, 'application/json', importPatienceMS)) as Partial<AuditVerdict>
  return { ok: v.ok === true, rows: v.rows ?? 0, node: v.node ?? '', seq: v.seq ?? 0, detail: v.detail ?? '' }
}

export const exportURL = (kind: CsvKind): string => `/api/admin/export/${kind}.csv`
/** What an import would do; nothing is written. @throws Refusal with report when rows are wrong (422) */
export async function tryCSV(kind: CsvKind, file: Blob): Promise<CsvReport> {
  return reportOf((await request('POST', `/api/admin/import/${kind}?dry=1`, file, {}, 'text/csv', importPatienceMS)) as Partial<CsvReport>)
}
/** Does what tryCSV told, whose version it names. @throws Refusal as tryCSV, then nothing was written; changed when it would do something else by now */
export async function importCSV(kind: CsvKind, file: Blob, version: string): Promise<CsvReport> {
  return reportOf((await request('POST', `/api/admin/import/${kind}`, file, saw(version), 'text/csv', importPatienceMS)) as Partial<CsvReport>)
}
