import { fromHex } from './bytes'
import { chunkBytes, chunksOf, decode, encode, json, kind, none, parseOffer, sha256, type Channel, type Frame, type Offer } from './capture'
import { Failure, type ErrorCode } from './failure'

// The desk's end of the document channel.

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

/** Chunks from one ack to the next. */
const ackEvery = 4
/** Pages in flight at once that a receiver keeps. */
const maxReceiving = 4

/** Keeps what came over a change of channel, so a page continues. */
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
