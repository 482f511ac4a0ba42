import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { resume } from '../../../../sfu/capture/testdata/vectors.json'
import { fromHex } from './bytes'
import { chunkBytes, encode, headerBytes, kind, messageBytes, newID, sha256, type Shot } from './capture'
import { End, pair, receiver, rule, shot } from './capture.fixture'
import { channelPatienceMS, Sender } from './capture-sender'
import { Failure } from './failure'

// Both ends over one channel, and the sender where there is none.

describe('a page', () => {
  it.each(resume)('resume $size at chunk $have', async (v) => {
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
