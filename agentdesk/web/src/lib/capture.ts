import { Failure, type ErrorCode } from './failure'

// Framing of a captured page on the document channel; sfu/capture is its twin and the test vectors are shared.

export const headerBytes = 22
/** Longest message we send. */
export const messageBytes = 16_384
/** Longest message anyone may send. */
export const maxMessageBytes = 61_440
export const chunkBytes = messageBytes - headerBytes
export const maxPageBytes = 20 << 20
export const maxThumbBytes = 64 << 10
const version = 1
const ackEvery = 4
const windowChunks = Math.floor((512 << 10) / messageBytes)
const highBuffered = 1 << 20
const lowBuffered = 256 << 10

export const kind = { offer: 1, have: 2, thumb: 3, chunk: 4, ack: 5, done: 6, refuse: 7, cancel: 8 } as const
export type Kind = (typeof kind)[keyof typeof kind]

export interface Frame {
  kind: Kind
  /** 32 hex digits */
  id: string
  number: number
  payload: Uint8Array
}

/** JSON of kind offer. */
export interface Offer {
  sha256: string
  size: number
  mime: 'image/jpeg' | 'image/png'
  width: number
  height: number
  slot: string
  side: string
  /** id of the agent's request (CaptureView.id) */
  request: string
  /** variance of Laplacian as the kiosk measured it */
  sharp: number
  thumb_size: number
}

/** What we need of an RTCDataChannel. */
export interface Channel {
  readonly readyState: string
  readonly bufferedAmount: number
  bufferedAmountLowThreshold: number
  send(data: Uint8Array<ArrayBuffer>): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
  addEventListener(type: 'open' | 'close' | 'bufferedamountlow', listener: () => void): void
  removeEventListener(type: string, listener: (event: MessageEvent) => void): void
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}

export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(hex.length >> 1)
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16)
  return out
}

/** A new document id. */
export function newID(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)))
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

export function encode(frame: Frame): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(headerBytes + frame.payload.length)
  out[0] = version
  out[1] = frame.kind
  out.set(fromHex(frame.id), 2)
  new DataView(out.buffer).setUint32(18, frame.number)
  out.set(frame.payload, headerBytes)
  return out
}

/** @throws Failure bad_frame, too_large */
export function decode(data: ArrayBuffer | Uint8Array): Frame {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data)
  if (bytes.length > maxMessageBytes) throw new Failure('too_large', `${bytes.length} bytes`)
  if (bytes.length < headerBytes) throw new Failure('bad_frame', 'shorter than its header')
  if (bytes[0] !== version) throw new Failure('bad_frame', `version ${bytes[0]}`)
  const k = bytes[1] as Kind
  if (k < kind.offer || k > kind.cancel) throw new Failure('bad_frame', `kind ${k}`)
  return {
    kind: k,
    id: toHex(bytes.subarray(2, 18)),
    number: new DataView(bytes.buffer, bytes.byteOffset).getUint32(18),
    payload: bytes.subarray(headerBytes),
  }
}

const text = new TextEncoder()
const none = new Uint8Array(0)
const json = (value: unknown) => text.encode(JSON.stringify(value))

function parse<T>(payload: Uint8Array): T {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as T
  } catch {
    throw new Failure('bad_frame', 'not JSON')
  }
}

const maxOfferBytes = 4_096
const maxSide = 65_535
const maxNameBytes = 64
const offerKeys = new Set(['sha256', 'size', 'mime', 'width', 'height', 'slot', 'side', 'request', 'sharp', 'thumb_size'])

/** Reads the payload of kind offer: known fields, each within its bounds. @throws Failure bad_frame, too_large, type */
export function parseOffer(payload: Uint8Array): Offer {
  const bad = (why: string) => new Failure('bad_frame', `offer: ${why}`)
  if (payload.length > maxOfferBytes) throw bad('too long')
  const o = parse<Record<string, unknown> | null>(payload)
  if (typeof o !== 'object' || o === null || Array.isArray(o) || Object.keys(o).some((k) => !offerKeys.has(k))) throw bad('fields')
  const { sha256, size, mime, width = 0, height = 0, slot = '', side = '', request = '', sharp = 0, thumb_size = 0 } = o
  const count = (n: unknown): n is number => typeof n === 'number' && Number.isInteger(n) && n >= 0
  const named = (n: unknown): n is string => typeof n === 'string' && text.encode(n).length <= maxNameBytes && !/\p{Cc}/u.test(n)
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) throw bad('sha256')
  if (!count(size) || size === 0 || !count(thumb_size)) throw bad('size')
  if (typeof mime !== 'string') throw bad('mime')
  if (size > maxPageBytes || thumb_size > maxThumbBytes) throw new Failure('too_large', `${size} bytes, thumbnail ${thumb_size}`)
  if (mime !== 'image/jpeg' && mime !== 'image/png') throw new Failure('type', mime.slice(0, 40))
  if (!count(width) || !count(height) || width > maxSide || height > maxSide) throw bad('pixels')
  if (typeof sharp !== 'number' || !(sharp >= 0)) throw bad('sharp')
  if (!named(slot) || !named(side) || !named(request)) throw bad('names')
  return { sha256, size, mime, width, height, slot, side, request, sharp, thumb_size }
}

const chunksOf = (size: number) => Math.ceil(size / chunkBytes)

/** A page to send; sender() computes the rest of the offer. */
export interface Shot {
  id: string
  bytes: Uint8Array<ArrayBuffer>
  thumb: Uint8Array<ArrayBuffer>
  mime: Offer['mime']
  width: number
  height: number
  slot: string
  side: string
  request: string
  sharp: number
}

/** Another way for a page while there is no channel; resolves when the page is stored. @throws Failure */
export type Bypass = (shot: Shot, offer: Offer, progress: (part: number) => void, stop: AbortSignal) => Promise<void>

/** ms that a page waits for a channel, or for any answer on one, until it takes the other way */
export const channelPatienceMS = 5_000
const stallMS = 10_000

interface Sending {
  shot: Shot
  offer: Offer
  next: number
  acked: number
  started: boolean
  /** it goes the other way: the channel leaves it alone */
  bypassed: boolean
  progress?: (part: number) => void
  resolve: () => void
  reject: (failure: Failure) => void
}

/**
 * Sends pages one after the other. attach() with the channel of a new connection goes on where the receiver stands;
 * a page for which no channel opens, or whose channel died, goes by bypass.
 */
export class Sender {
  private channel: Channel | undefined
  private queue: Sending[] = []
  private patience: ReturnType<typeof setTimeout> | undefined
  /** The channel has answered, or was open to be asked. */
  private live = false
  private stop: AbortController | undefined

  constructor(private readonly bypass?: Bypass) {}

  /** Takes the place of an earlier channel; pages not done are offered again under the same id. */
  attach(channel: Channel): void {
    this.detach()
    this.channel = channel
    channel.bufferedAmountLowThreshold = lowBuffered
    channel.addEventListener('message', this.onMessage)
    channel.addEventListener('bufferedamountlow', this.pump)
    channel.addEventListener('open', this.begin)
    channel.addEventListener('close', this.closed)
    this.begin()
  }

  detach(): void {
    this.channel?.removeEventListener('message', this.onMessage)
    this.channel?.removeEventListener('bufferedamountlow', this.pump)
    this.channel?.removeEventListener('open', this.begin)
    this.channel?.removeEventListener('close', this.closed)
    this.channel = undefined
    for (const s of this.queue) s.started = false
    // From one dead channel to the next the clock runs on: channels that flap are none.
    if (this.live) this.quiet()
    this.live = false
    this.wait(channelPatienceMS)
  }

  /** Resolves when the receiver has verified and stored the page. @throws Failure its code, or cancelled */
  async send(shot: Shot, progress?: (part: number) => void): Promise<void> {
    if (shot.bytes.length > maxPageBytes) throw new Failure('too_large', `${shot.bytes.length} bytes`)
    if (shot.thumb.length > maxThumbBytes) throw new Failure('too_large', 'thumbnail')
    const offer: Offer = {
      sha256: await sha256(shot.bytes), size: shot.bytes.length, mime: shot.mime, width: shot.width, height: shot.height,
      slot: shot.slot, side: shot.side, request: shot.request, sharp: shot.sharp, thumb_size: shot.thumb.length,
    }
    return new Promise((resolve, reject) => {
      this.queue.push({ shot, offer, next: 0, acked: 0, started: false, bypassed: false, progress, resolve, reject })
      this.begin()
    })
  }

  /** Gives up everything not done yet, and tells the receiver. */
  cancelAll(): void {
    for (const s of this.queue) {
      if (s.started) this.write({ kind: kind.cancel, id: s.shot.id, number: 0, payload: none })
      s.reject(new Failure('cancelled'))
    }
    this.queue = []
    this.stop?.abort()
    this.quiet()
  }

  /** Pages not stored yet. */
  get pending(): number {
    return this.queue.length
  }

  private write(frame: Frame): void {
    if (this.channel?.readyState === 'open') this.channel.send(encode(frame))
  }

  private readonly begin = (): void => {
    const s = this.queue[0]
    if (s === undefined || s.started || s.bypassed) return
    if (this.channel?.readyState !== 'open') {
      this.wait(channelPatienceMS)
      return
    }
    s.started = true
    this.heard()
    s.next = -1 // until the receiver says what it has
    const id = s.shot.id
    this.write({ kind: kind.offer, id, number: 0, payload: json(s.offer) })
    for (let i = 0; i * chunkBytes < s.shot.thumb.length; i++) {
      this.write({ kind: kind.thumb, id, number: i, payload: s.shot.thumb.subarray(i * chunkBytes, (i + 1) * chunkBytes) })
    }
  }

  private readonly closed = (): void => this.detach()

  /** Any answer on the channel: it lives. */
  private heard(): void {
    this.live = true
    this.quiet()
    if (this.queue[0]?.started) this.wait(stallMS)
  }

  private quiet(): void {
    clearTimeout(this.patience)
    this.patience = undefined
  }

  private wait(ms: number): void {
    if (this.bypass === undefined || this.patience !== undefined || this.queue.length === 0) return
    this.patience = setTimeout(() => {
      this.patience = undefined
      void this.around()
    }, ms)
  }

  /** The page that waited goes the other way. */
  private async around(): Promise<void> {
    const s = this.queue[0]
    if (s === undefined || s.bypassed || this.bypass === undefined) return
    s.bypassed = true
    s.started = false
    const stop = new AbortController()
    this.stop = stop
    try {
      await this.bypass(s.shot, s.offer, (part) => s.progress?.(part), stop.signal)
      s.resolve()
    } catch (error) {
      s.reject(Failure.from(error))
    }
    this.queue = this.queue.filter((q) => q !== s)
    this.begin()
  }

  private readonly pump = (): void => {
    const s = this.queue[0]
    const channel = this.channel
    if (s === undefined || !s.started || s.next < 0 || channel?.readyState !== 'open') return
    const all = chunksOf(s.shot.bytes.length)
    while (s.next < all && s.next - s.acked < windowChunks && channel.bufferedAmount < highBuffered) {
      const at = s.next * chunkBytes
      this.write({ kind: kind.chunk, id: s.shot.id, number: s.next, payload: s.shot.bytes.subarray(at, at + chunkBytes) })
      s.next++
    }
  }

  private readonly onMessage = (event: MessageEvent): void => {
    let frame: Frame
    try {
      frame = decode(event.data as ArrayBuffer)
    } catch {
      return
    }
    const s = this.queue[0]
    if (s === undefined || frame.id !== s.shot.id || s.bypassed) return
    this.heard()
    const all = chunksOf(s.shot.bytes.length)
    switch (frame.kind) {
      case kind.have:
        s.next = s.acked = Math.min(frame.number, all)
        s.progress?.(all === 0 ? 1 : s.acked / all)
        this.pump()
        return
      case kind.ack:
        s.acked = Math.max(s.acked, Math.min(frame.number, all))
        s.progress?.(all === 0 ? 1 : s.acked / all)
        this.pump()
        return
      case kind.done:
        this.queue.shift()
        if (toHex(frame.payload) === s.offer.sha256) s.resolve()
        else s.reject(new Failure('bad_hash'))
        this.begin()
        return
      case kind.refuse: {
        this.queue.shift()
        let code: ErrorCode = 'internal'
        try {
          code = parse<{ code: ErrorCode }>(frame.payload).code
        } catch {
          // refused without a reason
        }
        s.reject(new Failure(code))
        this.begin()
        return
      }
      case kind.cancel:
        this.queue.shift()
        s.reject(new Failure('cancelled'))
        this.begin()
    }
  }
}

export interface ReceiverOptions {
  /** The first small picture of a page on its way. */
  onThumb?: (id: string, thumb: Blob, offer: Offer) => void
  onProgress?: (id: string, part: number, offer: Offer) => void
  /** Only for bytes whose own SHA-256 equals the offer's. */
  onPage: (id: string, page: Blob, offer: Offer) => void
  onFailure?: (id: string, failure: Failure) => void
}

interface Receiving {
  offer: Offer
  bytes: Uint8Array<ArrayBuffer>
  next: number
  thumb: Uint8Array<ArrayBuffer>
  thumbNext: number
  /** hash runs or is done: later frames of this id are nothing new */
  over: boolean
}

/** Pages in flight at once that a receiver keeps. */
const maxReceiving = 4

/** The desk's side. Keeps what came over a change of channel, so a page continues. */
export class Receiver {
  private channel: Channel | undefined
  private pages = new Map<string, Receiving>()

  constructor(private readonly options: ReceiverOptions) {}

  attach(channel: Channel): void {
    this.detach()
    this.channel = channel
    channel.addEventListener('message', this.onMessage)
  }

  detach(): void {
    this.channel?.removeEventListener('message', this.onMessage)
    this.channel = undefined
  }

  /** Drops everything not complete. */
  clear(): void {
    this.pages.clear()
  }

  private write(frame: Frame): void {
    if (this.channel?.readyState === 'open') this.channel.send(encode(frame))
  }

  private refuse(id: string, code: ErrorCode): void {
    this.pages.delete(id)
    this.write({ kind: kind.refuse, id, number: 0, payload: json({ code }) })
    this.options.onFailure?.(id, new Failure(code))
  }

  private readonly onMessage = (event: MessageEvent): void => {
    let frame: Frame
    try {
      frame = decode(event.data as ArrayBuffer)
    } catch {
      return // cannot even be refused: it names no page
    }
    try {
      this.take(frame)
    } catch (error) {
      this.refuse(frame.id, Failure.from(error).code)
    }
  }

  private take(frame: Frame): void {
    const id = frame.id
    if (frame.kind === kind.offer) {
      this.offered(id, parseOffer(frame.payload))
      return
    }
    const page = this.pages.get(id)
    if (page === undefined || page.over) return
    switch (frame.kind) {
      case kind.thumb: {
        if (frame.number !== page.thumbNext) return
        const at = frame.number * chunkBytes
        if (at + frame.payload.length > page.thumb.length) throw new Failure('bad_frame', 'thumbnail too long')
        page.thumb.set(frame.payload, at)
        page.thumbNext++
        if (at + frame.payload.length === page.thumb.length) {
          this.options.onThumb?.(id, new Blob([page.thumb], { type: 'image/jpeg' }), page.offer)
        }
        return
      }
      case kind.chunk:
        this.chunk(id, page, frame)
        return
      case kind.cancel:
        this.pages.delete(id)
        this.options.onFailure?.(id, new Failure('cancelled'))
    }
  }

  private offered(id: string, offer: Offer): void {
    const known = this.pages.get(id)
    if (known !== undefined && known.offer.sha256 === offer.sha256 && known.offer.size === offer.size) {
      known.over = false
      known.thumbNext = known.thumbNext * chunkBytes >= known.thumb.length ? known.thumbNext : 0
      this.write({ kind: kind.have, id, number: known.next, payload: none })
      return
    }
    while (this.pages.size >= maxReceiving) {
      const oldest = this.pages.keys().next().value
      if (oldest === undefined) break
      this.pages.delete(oldest)
    }
    this.pages.set(id, { offer, bytes: new Uint8Array(offer.size), next: 0, thumb: new Uint8Array(offer.thumb_size), thumbNext: 0, over: false })
    this.write({ kind: kind.have, id, number: 0, payload: none })
  }

  private chunk(id: string, page: Receiving, frame: Frame): void {
    if (frame.number < page.next) return // sent twice over a change of channel
    const all = chunksOf(page.offer.size)
    const at = frame.number * chunkBytes
    const want = Math.min(chunkBytes, page.offer.size - at)
    if (frame.number !== page.next || frame.payload.length !== want) throw new Failure('bad_frame', 'chunk')
    page.bytes.set(frame.payload, at)
    page.next++
    if (page.next % ackEvery === 0 || page.next === all) this.write({ kind: kind.ack, id, number: page.next, payload: none })
    this.options.onProgress?.(id, page.next / all, page.offer)
    if (page.next === all) {
      page.over = true
      void this.verify(id, page)
    }
  }

  private async verify(id: string, page: Receiving): Promise<void> {
    const hash = await sha256(page.bytes)
    if (this.pages.get(id) !== page) return
    if (hash !== page.offer.sha256) {
      this.refuse(id, 'bad_hash')
      return
    }
    this.pages.delete(id)
    this.write({ kind: kind.done, id, number: 0, payload: fromHex(hash) })
    this.options.onPage(id, new Blob([page.bytes], { type: page.offer.mime }), page.offer)
  }
}
