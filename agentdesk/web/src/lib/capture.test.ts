import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import written from '../../../../sfu/capture/testdata/vectors.json'
import { channelPatienceMS, chunkBytes, decode, encode, fromHex, headerBytes, kind, maxMessageBytes, messageBytes, newID, parseOffer, Receiver, Sender, sha256, toHex, type Channel, type Frame, type Kind, type Offer, type Shot } from './capture'
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
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff
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

})

interface Vectors {
  constants: Record<string, number>
  frames: { name: string; kind: number; id: string; number: number; payload: string; message: string }[]
  bad_frames: { name: string; message?: string; repeat_zeros?: number; code: string }[]
  bad_offers: { name: string; json: string; code: string }[]
  split: { id: string; size: number; sha256: string; chunks: { number: number; payload_bytes: number; message_sha256: string }[] }
  resume: { size: number; have: number; chunks_sent: number; acks: number[] }[]
}

/** Byte i is (7*i + (i >> 8)) & 255; the first three are those of a JPEG. */
function rule(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i++) bytes[i] = (7 * i + (i >> 8)) & 255
  bytes.set([0xff, 0xd8, 0xff])
  return bytes
}

// Written by sfu/capture, read by both sides.
describe('the vectors of sfu/capture', () => {
  const vectors = written as unknown as Vectors

  it('name the same sizes', () => {
    expect(vectors.constants).toMatchObject({ chunk_bytes: chunkBytes, header_bytes: headerBytes, message_bytes: messageBytes, max_message_bytes: maxMessageBytes })
  })

  it.each(vectors.frames)('frame $name', (v) => {
    const frame = decode(fromHex(v.message))
    expect({ kind: frame.kind, id: frame.id, number: frame.number, payload: toHex(frame.payload) }).toEqual({ kind: v.kind, id: v.id, number: v.number, payload: v.payload })
    expect(toHex(encode({ kind: v.kind as Kind, id: v.id, number: v.number, payload: fromHex(v.payload) }))).toBe(v.message)
  })

  it.each(vectors.bad_frames)('bad frame: $name', (v) => {
    const head = fromHex(v.message ?? '')
    const bytes = new Uint8Array(head.length + (v.repeat_zeros ?? 0))
    bytes.set(head)
    expect(() => decode(bytes)).toThrow(expect.objectContaining({ code: v.code }))
  })

  it.each(vectors.bad_offers)('bad offer: $name', (v) => {
    const payload = new TextEncoder().encode(v.json)
    expect(() => parseOffer(payload)).toThrow(expect.objectContaining({ code: v.code }))
  })

  it('cut a page into the same chunks', async () => {
    const bytes = rule(vectors.split.size)
    expect(await sha256(bytes)).toBe(vectors.split.sha256)
    for (const c of vectors.split.chunks) {
      const payload = bytes.subarray(c.number * chunkBytes, (c.number + 1) * chunkBytes)
      expect(payload.length).toBe(c.payload_bytes)
      expect(await sha256(encode({ kind: kind.chunk, id: vectors.split.id, number: c.number, payload }))).toBe(c.message_sha256)
    }
  })

  it.each(vectors.resume)('resume $size at chunk $have', async (v) => {
    const [a, b] = pair()
    const sender = new Sender()
    sender.attach(a)
    const done = sender.send({ ...shot(1), bytes: rule(v.size) })
    await vi.waitFor(() => expect(a.sent.some((f) => f.kind === kind.offer)).toBe(true))
    const id = a.sent[0]!.id
    b.send(encode({ kind: kind.have, id, number: v.have, payload: new Uint8Array(0) }))
    for (const ack of v.acks) {
      await vi.waitFor(() => expect(a.sent.filter((f) => f.kind === kind.chunk && f.number < ack)).toHaveLength(ack - v.have))
      b.send(encode({ kind: kind.ack, id, number: ack, payload: new Uint8Array(0) }))
    }
    expect(a.sent.filter((f) => f.kind === kind.chunk)).toHaveLength(v.chunks_sent)
    b.send(encode({ kind: kind.done, id, number: 0, payload: fromHex(await sha256(rule(v.size))) }))
    await done
  })
})

describe('a page', () => {
  it('arrives with its thumbnail first and its bytes equal', async () => {
    const [a, b] = pair()
    const sender = new Sender()
    const { r, got } = receiver()
    r.attach(b)
    sender.attach(a)
    const one = shot(chunkBytes * 50 + 17)
    const parts: number[] = []
    await sender.send(one, (p) => parts.push(p))
    expect(got.thumbs).toEqual([one.id])
    expect(got.pages).toHaveLength(1)
    expect(await sha256(new Uint8Array(await got.pages[0]!.blob.arrayBuffer()))).toBe(await sha256(one.bytes))
    expect(got.pages[0]!.offer).toMatchObject({ slot: 'id_card', request: 'r1', size: one.bytes.length })
    expect(a.sent.map((f) => f.kind).slice(0, 2)).toEqual([kind.offer, kind.thumb])
    expect(Math.max(...a.sent.map((f) => f.payload.length))).toBe(messageBytes - headerBytes)
    expect(parts.at(-1)).toBe(1)
    expect(b.sent.filter((f) => f.kind === kind.ack).every((f) => f.number % 4 === 0 || f.number === 51)).toBe(true)
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

describe('a page without a channel', () => {
  const shot: Shot = { id: 'ab'.repeat(16), bytes: new Uint8Array(50_000), thumb: new Uint8Array(0), mime: 'image/jpeg', width: 1, height: 1, slot: 's', side: 'page', request: 'r', sharp: 1 }
  const ways: string[] = []
  const bypassing = (result: () => Promise<void> = () => Promise.resolve()) => new Sender((s) => {
    ways.push(s.id)
    return result()
  })
  /** Hashing is no timer: it is waited for. */
  const queued = (sender: Sender, n = 1) => vi.waitFor(() => expect(sender.pending).toBe(n))
  beforeEach(() => {
    ways.length = 0
    vi.useFakeTimers({ shouldAdvanceTime: true })
  })
  afterEach(() => vi.useRealTimers())

  it('takes the other way after 5 s, not earlier', async () => {
    const sender = bypassing()
    const sent = sender.send(shot)
    await queued(sender)
    await vi.advanceTimersByTimeAsync(channelPatienceMS - 300)
    expect(ways).toEqual([])
    await vi.advanceTimersByTimeAsync(400)
    await sent
    expect([ways, sender.pending]).toEqual([[shot.id], 0])
  })

  it('waits no longer for a channel that flaps', async () => {
    const sender = bypassing()
    const sent = sender.send(shot)
    await queued(sender)
    for (let i = 0; i < 6; i++) {
      const dead = new End()
      dead.readyState = 'connecting'
      sender.attach(dead)
      await vi.advanceTimersByTimeAsync(1_000)
    }
    await sent
    expect(ways).toEqual([shot.id])
  })

  it('takes the channel that opens in time', async () => {
    const sender = bypassing()
    const end = new End()
    end.readyState = 'connecting'
    sender.attach(end)
    void sender.send(shot)
    await queued(sender)
    await vi.advanceTimersByTimeAsync(3_000)
    end.readyState = 'open'
    end.emit('open', undefined)
    expect(end.sent[0]?.kind).toBe(kind.offer)
    await vi.advanceTimersByTimeAsync(4_000)
    expect(ways).toEqual([])
  })

  it.each(['closes', 'says nothing more'])('takes the other way when the channel %s, and the channel leaves it alone then', async (how) => {
    let stored = () => {}
    const sender = bypassing(() => new Promise((resolve) => (stored = resolve)))
    const end = new End()
    sender.attach(end)
    const sent = sender.send(shot)
    await vi.waitFor(() => expect(end.sent).toHaveLength(1))
    if (how === 'closes') {
      end.readyState = 'closed'
      end.emit('close', undefined)
    }
    await vi.advanceTimersByTimeAsync(how === 'closes' ? 5_100 : 10_100)
    expect(ways).toEqual([shot.id])
    const next = new End()
    sender.attach(next)
    expect(next.sent).toEqual([])
    stored()
    await sent
  })

  it('that is refused there fails, and the next page is not lost', async () => {
    let first = true
    const sender = bypassing(() => {
      if (!first) return Promise.resolve()
      first = false
      return Promise.reject(new Failure('disk_full'))
    })
    const sent = sender.send(shot)
    const next = sender.send({ ...shot, id: 'cd'.repeat(16) })
    const refused = expect(sent).rejects.toMatchObject({ code: 'disk_full' })
    await queued(sender, 2)
    await vi.advanceTimersByTimeAsync(11_000)
    await refused
    await next
    expect(ways).toHaveLength(2)
  })
})
