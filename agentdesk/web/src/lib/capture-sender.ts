import { toHex } from './bytes'
import { chunkBytes, chunksOf, decode, encode, json, kind, maxPageBytes, maxThumbBytes, messageBytes, none, parse, sha256, type Channel, type Frame, type Offer, type Shot } from './capture'
import { Failure, type ErrorCode } from './failure'

// The kiosk's end of the document channel.

/** Another way for a page while there is no channel; resolves when the page is stored. @throws Failure */
export type Bypass = (shot: Shot, offer: Offer, progress: (part: number) => void, stop: AbortSignal) => Promise<void>

/** ms that a page waits for a channel, or for any answer on one, until it takes the other way */
export const channelPatienceMS = 5_000
const stallMS = 10_000
/** Chunks that may be on their way beyond the last ack: 512 KiB. */
const windowChunks = Math.floor((512 << 10) / messageBytes)
/** Bytes that the channel may hold before it is left to drain, and those at which it gets more. */
const highBuffered = 1 << 20
const lowBuffered = 256 << 10

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
