import { backoff } from './backoff'
import { base64url } from './bytes'
import type { Offer, Shot } from './capture'
import { Failure, type ErrorCode } from './failure'

// A captured page over HTTP, where no document channel opens (signaling/PROTOCOL.md, "Pages without a channel").

/** Codes after which sending the same bytes again cannot help. */
const final = new Set<ErrorCode>(['upload', 'too_large', 'type', 'bad_hash', 'not_asked', 'disk_full', 'bad_frame'])

/** What an answer says. */
interface Answer {
  status: number
  code: ErrorCode | ''
  /** bytes that the server holds, where it says so */
  have?: number
}

/** One PUT of the rest of a page. @throws Failure network when no answer came */
export type Put = (url: string, headers: Record<string, string>, body: Blob, progress: (bytes: number) => void, stop: AbortSignal) => Promise<{ status: number; text: string }>

export interface UploadOptions {
  fetch?: typeof fetch
  put?: Put
  random?: () => number
}

function offerHeader(offer: Offer): string {
  // No thumbnail travels here: the desk fetches the page itself.
  const text = JSON.stringify({ ...offer, thumb_size: 0 })
  return base64url(new TextEncoder().encode(text))
}

function read(status: number, text: string): Answer {
  try {
    const body = JSON.parse(text) as { code?: ErrorCode; have?: number }
    return { status, code: body.code ?? '', have: typeof body.have === 'number' && body.have >= 0 ? body.have : undefined }
  } catch {
    return { status, code: '' }
  }
}

/** XMLHttpRequest, since fetch tells nothing of the bytes that went out. */
const xhr: Put = (url, headers, body, progress, stop) => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest()
  request.open('PUT', url)
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
  request.upload.onprogress = (event) => progress(event.loaded)
  request.onload = () => resolve({ status: request.status, text: request.responseText })
  request.onerror = request.ontimeout = () => reject(new Failure('network', 'PUT'))
  request.onabort = () => reject(new Failure('cancelled'))
  stop.addEventListener('abort', () => request.abort(), { once: true })
  request.send(body)
})

function waited(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    stop.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    }, { once: true })
  })
}

/**
 * Sends a page with the bearer token of its request, from where the server stands, and goes on after every cut.
 * @throws Failure upload, too_large, type, bad_hash, not_asked, disk_full, bad_frame; cancelled once stop is aborted
 */
export async function upload(token: string, shot: Shot, offer: Offer, progress: (part: number) => void, stop: AbortSignal, options: UploadOptions = {}): Promise<void> {
  const url = `/api/station/pages/${shot.id}`
  const headers = { Authorization: `Bearer ${token}`, 'Page-Offer': offerHeader(offer) }
  const size = shot.bytes.length
  let best = 0
  const reached = (bytes: number) => {
    best = Math.max(best, Math.min(size, bytes))
    progress(size === 0 ? 1 : best / size)
  }
  let have: number | undefined
  for (let attempt = 1; ; attempt++) {
    if (stop.aborted) throw new Failure('cancelled')
    try {
      if (have === undefined) {
        const response = await (options.fetch ?? fetch)(url, { headers, cache: 'no-store', credentials: 'same-origin', signal: stop })
        const answer = read(response.status, await response.text())
        if (answer.status !== 200) throw refusal(answer)
        have = answer.have ?? 0
      }
      const from: number = have
      reached(from)
      const result = await (options.put ?? xhr)(
        url, { ...headers, 'Upload-Offset': String(from), 'Content-Type': shot.mime },
        new Blob([shot.bytes.subarray(from)], { type: shot.mime }), (sent) => reached(from + sent), stop,
      )
      const answer = read(result.status, result.text)
      if (answer.status === 204 || answer.status === 200) {
        reached(size)
        return
      }
      if (answer.status === 409 && answer.code === 'offset' && answer.have !== undefined && answer.have !== from) {
        have = answer.have
        continue
      }
      throw refusal(answer)
    } catch (error) {
      const failure = Failure.from(error)
      if (stop.aborted) throw new Failure('cancelled')
      if (final.has(failure.code)) throw failure
      have = undefined // what arrived of it only the server knows
      await waited(backoff(attempt, options.random), stop)
    }
  }
}

function refusal(answer: Answer): Failure {
  if (final.has(answer.code as ErrorCode)) return new Failure(answer.code as ErrorCode)
  if (answer.status === 401) return new Failure('upload')
  if (answer.status === 413) return new Failure('too_large')
  if (answer.status === 415) return new Failure('type')
  return new Failure('network', `HTTP ${answer.status}`)
}
