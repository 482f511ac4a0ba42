import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { chunkBytes, decode, encode, fromHex, headerBytes, kind, maxMessageBytes, messageBytes, newID, Receiver, Sender, sha256, toHex, type Channel, type Frame, type Offer, type Shot } from './capture'
import { Failure } from './failure'

/** Two ends of a data channel in memory; frames arrive in order, in microtasks. */
class End implements Channel {
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

function pair(): [End, End] {
  const [a, b] = [new End(), new End()]
  a.peer = b
  b.peer = a
  return [a, b]
}

function shot(size: number): Shot {
  const bytes = new Uint8Array(size).map((_, i) => (i * 31 + (i >> 8)) & 0xff)
  return { id: newID(), bytes, thumb: bytes.slice(0, 40_000), mime: 'image/jpeg', width: 4, height: 3, slot: 'id_card', side: 'front', request: 'r1', sharp: 900 }
}

function receiver() {
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

describe('framing', () => {
  it('puts version, kind, id and number before the payload', () => {
    const bytes = encode({ kind: kind.chunk, id: '000102030405060708090a0b0c0d0e0f', number: 0x01020304, payload: new Uint8Array([9]) })
    expect(toHex(bytes)).toBe('0104000102030405060708090a0b0c0d0e0f0102030409')
    expect(decode(bytes)).toMatchObject({ kind: kind.chunk, id: '000102030405060708090a0b0c0d0e0f', number: 0x01020304 })
  })
  it.each([
    ['short', new Uint8Array(21), 'bad_frame'],
    ['another version', new Uint8Array(22).fill(2, 0, 1), 'bad_frame'],
    ['an unknown kind', new Uint8Array(22).fill(1, 0, 1).fill(9, 1, 2), 'bad_frame'],
    ['a huge message', new Uint8Array(maxMessageBytes + 1), 'too_large'],
  ])('refuses %s', (_name, bytes, code) => expect(() => decode(bytes)).toThrow(expect.objectContaining({ code })))

  // The same vectors as the Go side; sfu/capture writes them.
  const file = new URL('../../../../sfu/capture/testdata/vectors.json', import.meta.url)
  it('reads and writes the vectors of sfu/capture', () => {
    expect(existsSync(file), 'sfu/capture/testdata/vectors.json').toBe(true)
    const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors
    expect(vectors.frames.length).toBeGreaterThan(0)
    for (const v of vectors.frames) {
      const frame = decode(fromHex(v.hex))
      expect({ kind: frame.kind, id: frame.id, number: frame.number, payload: toHex(frame.payload) }).toEqual({ kind: v.kind, id: v.id, number: v.number, payload: v.payload })
      expect(toHex(encode({ kind: v.kind as never, id: v.id, number: v.number, payload: fromHex(v.payload) }))).toBe(v.hex)
    }
  })
})

interface Vectors {
  frames: { kind: number; id: string; number: number; payload: string; hex: string }[]
}

describe('a page', () => {
  it('arrives with its thumbnail first and its bytes equal', async () => {
    const [a, b] = pair()
    const sender = new Sender()
    const { r, got } = receiver()
    r.attach(b)
    sender.attach(a)
    const one = shot(3 * chunkBytes * 50 + 17)
    const parts: number[] = []
    await sender.send(one, (p) => parts.push(p))
    expect(got.thumbs).toEqual([one.id])
    expect(got.pages).toHaveLength(1)
    expect(toHex(new Uint8Array(await got.pages[0]!.blob.arrayBuffer())) === toHex(one.bytes)).toBe(true)
    expect(got.pages[0]!.offer).toMatchObject({ slot: 'id_card', request: 'r1', size: one.bytes.length })
    expect(a.sent.map((f) => f.kind).slice(0, 2)).toEqual([kind.offer, kind.thumb])
    expect(Math.max(...a.sent.map((f) => f.payload.length))).toBe(messageBytes - headerBytes)
    expect(parts.at(-1)).toBe(1)
    expect(b.sent.filter((f) => f.kind === kind.ack).every((f) => f.number % 4 === 0 || f.number === 151)).toBe(true)
    expect(sender.pending).toBe(0)
  })

  it('never runs more than 512 KiB beyond the last ack', async () => {
    const [a, b] = pair()
    b.deliver = (f) => f.kind !== kind.ack
    const sender = new Sender()
    receiver().r.attach(b)
    sender.attach(a)
    void sender.send(shot(chunkBytes * 100)).catch(() => undefined)
    await vi.waitFor(() => expect(a.sent.filter((f) => f.kind === kind.chunk)).toHaveLength(32))
    await Promise.resolve()
    expect(a.sent.filter((f) => f.kind === kind.chunk)).toHaveLength(32)
    sender.cancelAll()
  })

  it('waits while the channel holds a megabyte and goes on at its low mark', async () => {
    const [a, b] = pair()
    const sender = new Sender()
    receiver().r.attach(b)
    a.bufferedAmount = 1 << 20
    sender.attach(a)
    const done = sender.send(shot(chunkBytes * 3))
    await vi.waitFor(() => expect(b.sent.some((f) => f.kind === kind.have)).toBe(true))
    expect(a.sent.filter((f) => f.kind === kind.chunk)).toHaveLength(0)
    a.bufferedAmount = 0
    a.emit('bufferedamountlow', {})
    await done
  })

  it('goes on where it stood after the channel was lost', async () => {
    const [a, b] = pair()
    const sender = new Sender()
    const { r, got } = receiver()
    r.attach(b)
    a.deliver = (f) => f.kind !== kind.chunk || f.number < 10
    sender.attach(a)
    const one = shot(chunkBytes * 30)
    const done = sender.send(one)
    await vi.waitFor(() => expect(got.parts).toHaveLength(10))
    const [c, d] = pair()
    r.attach(d)
    sender.attach(c)
    await done
    expect(c.sent.filter((f) => f.kind === kind.chunk)[0]?.number).toBe(10)
    expect(got.pages).toHaveLength(1)
  })

  it('is refused when a byte changes on its way', async () => {
    const [a, b] = pair()
    const sender = new Sender()
    const { r, got } = receiver()
    r.attach(b)
    sender.attach(a)
    a.alter = (data) => {
      if (data[1] === kind.chunk) data[100] = (data[100] ?? 0) ^ 1
      return data
    }
    await expect(sender.send(shot(chunkBytes * 2))).rejects.toMatchObject({ code: 'bad_hash' })
    expect(got.pages).toHaveLength(0)
    expect(got.failures).toEqual(['bad_hash'])
  })

  it.each([
    ['over 20 MiB', { size: (20 << 20) + 1 }, 'too_large'],
    ['a thumbnail over 64 KiB', { thumb_size: (64 << 10) + 1 }, 'too_large'],
    ['another type', { mime: 'text/html' }, 'type'],
    ['no hash', { sha256: 'x' }, 'bad_frame'],
    ['a negative size', { size: -1 }, 'bad_frame'],
  ])('is refused at the offer: %s', async (_name, change, code) => {
    const [a, b] = pair()
    const { r, got } = receiver()
    r.attach(b)
    const offer = { sha256: 'a'.repeat(64), size: 10, mime: 'image/jpeg', width: 1, height: 1, slot: 's', side: 'page', request: '', sharp: 0, thumb_size: 0, ...change }
    a.send(encode({ kind: kind.offer, id: newID(), number: 0, payload: new TextEncoder().encode(JSON.stringify(offer)) }))
    await vi.waitFor(() => expect(got.failures).toEqual([code]))
    expect(b.sent.at(-1)?.kind).toBe(kind.refuse)
  })

  it('over 20 MiB is not even offered', async () => {
    const big = { ...shot(10), bytes: new Uint8Array((20 << 20) + 1) }
    await expect(new Sender().send(big)).rejects.toBeInstanceOf(Failure)
  })

  it('hashes as everyone does', async () => {
    expect(await sha256(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})
