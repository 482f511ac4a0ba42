import { decode, newID, type Channel, type Frame, type Offer, type Shot } from './capture'
import { Receiver } from './capture-receiver'

// A document channel in memory and pages to send over it, for the tests of both ends.

/** Two ends of a data channel in memory; frames arrive in order, in microtasks. */
export class End implements Channel {
  readyState = 'open'
  bufferedAmount = 0
  bufferedAmountLowThreshold = 0
  peer: End | undefined
  readonly sent: Frame[] = []
  private listeners = new Map<string, Set<(event: never) => void>>()
  /** false: the frame is lost with the channel */
  deliver: (frame: Frame) => boolean = () => true
  alter: (data: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> = (d) => d

  send(data: Uint8Array<ArrayBuffer>): void {
    const frame = decode(data)
    this.sent.push(frame)
    if (!this.deliver(frame)) return
    const copy = this.alter(data.slice())
    queueMicrotask(() => this.peer?.emit('message', { data: copy.buffer }))
  }
  emit(type: string, event: unknown): void {
    for (const l of this.listeners.get(type) ?? []) l(event as never)
  }
  addEventListener(type: string, listener: (event: never) => void): void {
    const set = this.listeners.get(type) ?? new Set()
    this.listeners.set(type, set.add(listener))
  }
  removeEventListener(type: string, listener: (event: never) => void): void {
    this.listeners.get(type)?.delete(listener)
  }
}

export function pair(): [End, End] {
  const [a, b] = [new End(), new End()]
  a.peer = b
  b.peer = a
  return [a, b]
}

export function shot(size: number): Shot {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff
  return { id: newID(), bytes, thumb: bytes.slice(0, 40_000), mime: 'image/jpeg', width: 4, height: 3, slot: 'id_card', side: 'front', request: 'r1', sharp: 900 }
}

export function receiver() {
  const got = { thumbs: [] as string[], pages: [] as { id: string; blob: Blob; offer: Offer }[], failures: [] as string[], parts: [] as number[] }
  return {
    got,
    r: new Receiver({
      onThumb: (id) => got.thumbs.push(id),
      onPage: (id, blob, offer) => got.pages.push({ id, blob, offer }),
      onFailure: (_id, failure) => got.failures.push(failure.code),
      onProgress: (_id, part) => got.parts.push(part),
    }),
  }
}

/** The page of the vectors: byte i is (7*i + (i >> 8)) & 255; the first three are those of a JPEG. */
export function rule(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i++) bytes[i] = (7 * i + (i >> 8)) & 255
  bytes.set([0xff, 0xd8, 0xff])
  return bytes
}
