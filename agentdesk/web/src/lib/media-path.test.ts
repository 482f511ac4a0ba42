import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Failure, type ErrorCode } from './failure'
import type { MediaWindow, MediaWindowOptions } from './media'
import { answer, begin, finish, grant, opened as open, Peer } from './media.fixture'
import type { MediaAnswer, MediaRestart } from './protocol.gen'

let media: MediaWindow
function opened(...how: Parameters<typeof open>): string[] {
  const made = open(...how)
  media = made.media
  return made.offered
}

beforeEach(begin)
afterEach(() => {
  media.close()
  finish()
})

describe('path', () => {
  const counted = () => (globalThis as { __rw?: { offers: number; answers: number; restarts: number } }).__rw ?? { offers: 0, answers: 0, restarts: 0 }
  /** A connected window, its first connection, and the restarts it asked for. */
  async function standing(answers: (MediaAnswer | ErrorCode)[] = [], more: Partial<MediaWindowOptions> = {}): Promise<{ peer: Peer; asked: MediaRestart[] }> {
    const asked: MediaRestart[] = []
    opened([], {
      restart: (r) => {
        asked.push(r)
        const next = answers.shift() ?? answer
        return typeof next === 'string' ? Promise.reject(new Failure(next)) : Promise.resolve(next)
      },
      ...more,
    })
    await media.follow(grant('t'))
    Peer.all[0]!.become('connected')
    return { peer: Peer.all[0]!, asked }
  }

  it('is renewed on the same connection when it was lost for a second, not earlier', async () => {
    const trouble = vi.fn()
    const { peer, asked } = await standing([], { onTrouble: trouble })
    const before = { ...counted() }
    peer.become('disconnected')
    expect(trouble).toHaveBeenCalledOnce()
    await vi.advanceTimersByTimeAsync(900)
    expect(asked).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(asked).toEqual([{ sdp: 'restart' }])
    peer.become('connected')
    await vi.advanceTimersByTimeAsync(10_000)
    expect([media.state, Peer.all.length, peer.closed]).toEqual(['open', 1, false])
    expect(counted()).toMatchObject({ offers: before.offers, answers: before.answers, restarts: before.restarts + 1 })
  })

  it('that heals by itself costs nothing', async () => {
    const { peer, asked } = await standing()
    peer.become('disconnected')
    await vi.advanceTimersByTimeAsync(800)
    peer.become('connected')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked).toEqual([])
  })

  it.each([
    ['online', () => window.dispatchEvent(new Event('online'))],
    ['renew', () => media.renew()],
    ['failed', () => Peer.all[0]!.become('failed')],
  ] as const)('is renewed at once on %s', async (_name, trigger) => {
    const { asked } = await standing()
    trigger()
    await vi.advanceTimersByTimeAsync(10)
    expect(asked).toHaveLength(1)
  })

  it('is renewed at most once a second, one at a time, and 50 in a row work', async () => {
    let running = 0
    const at: number[] = []
    const { asked } = await standing([], {
      restart: async () => {
        expect(++running).toBe(1)
        at.push(performance.now())
        await new Promise((done) => setTimeout(done, 100))
        running--
        return answer
      },
    })
    expect(asked).toEqual([])
    for (let i = 0; i < 550; i++) {
      media.renew()
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(at.length).toBeGreaterThanOrEqual(50)
    expect(at.slice(1).every((t, i) => t - at[i]! >= 999)).toBe(true)
    expect([media.state, Peer.all.length]).toEqual(['open', 1])
  })

  it('waits for the socket', async () => {
    let online = true
    const { peer, asked } = await standing([], { online: () => online })
    online = false
    peer.become('failed')
    await vi.advanceTimersByTimeAsync(30_000)
    expect([asked.length, media.state]).toEqual([0, 'open'])
    online = true
    await vi.advanceTimersByTimeAsync(500)
    expect(asked).toHaveLength(1)
  })

  it('of a connection that the SFU has forgotten is joined anew', async () => {
    const { peer } = await standing(['media_token'])
    media.renew()
    await vi.advanceTimersByTimeAsync(10)
    expect([media.state, peer.closed]).toEqual(['failed', true])
    await media.follow(grant('u'))
    expect(Peer.all).toHaveLength(2)
  })

  it('that works stays when the restart is refused for another reason, and the next one may follow', async () => {
    const { peer, asked } = await standing(['rate'])
    media.renew()
    await vi.advanceTimersByTimeAsync(10)
    expect([media.state, peer.closed, peer.described.at(-1)]).toEqual(['open', false, 'rollback'])
    media.renew()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(asked).toHaveLength(2)
  })

  it('that does not come up in 5 s is given up, and the answer that comes late meets nothing', async () => {
    let late: (a: MediaAnswer) => void = () => {}
    const { peer } = await standing([], { restart: () => new Promise((resolve) => (late = resolve)) })
    peer.become('disconnected')
    await vi.advanceTimersByTimeAsync(5_900)
    expect(media.state).toBe('open')
    await vi.advanceTimersByTimeAsync(200)
    expect([media.state, peer.closed]).toEqual(['failed', true])
    const before = counted().restarts
    late({ sdp: 'late' })
    await vi.advanceTimersByTimeAsync(100)
    expect(counted().restarts).toBe(before)
  })

  it('is joined anew where nobody can restart it', async () => {
    opened([])
    await media.follow(grant('t'))
    Peer.all[0]!.become('connected')
    Peer.all[0]!.become('disconnected')
    await vi.advanceTimersByTimeAsync(1_100)
    expect(media.state).toBe('failed')
  })

  /** Lets media and control packets come in for ms, in steps of 20. */
  async function flow(ms: number, comes: 'media' | 'control' | 'nothing'): Promise<void> {
    for (let at = 0; at < ms; at += 20) {
      const peer = Peer.all.at(-1)!
      if (comes === 'media') peer.mediaAt = performance.now()
      if (comes !== 'nothing') peer.bytes += 100
      await vi.advanceTimersByTimeAsync(20)
    }
  }

  it('that goes silent is renewed long before ICE notices, once the socket has answered', async () => {
    const { asked } = await standing([], { onTrouble: () => new Promise((resolve) => setTimeout(() => resolve(true), 50)) })
    await flow(3_000, 'media')
    await flow(700, 'nothing')
    expect(asked).toEqual([{ sdp: 'restart' }])
    await flow(20_000, 'nothing')
    expect([asked.length, media.state, Peer.all.length], 'no storm').toEqual([1, 'open', 1])
  })

  it('that goes silent with its socket is renewed over the next socket as soon as that is there', async () => {
    let online = true
    const { asked } = await standing([], {
      online: () => online,
      onTrouble: () => new Promise((resolve) => setTimeout(() => resolve(online = false), 600)),
    })
    await flow(3_000, 'media')
    await flow(1_400, 'nothing')
    expect(asked).toEqual([])
    online = true
    media.renew() // as pages do on the welcome
    await flow(20, 'nothing')
    expect(asked).toHaveLength(1)
    await flow(5_000, 'nothing')
    expect(asked).toHaveLength(1)
  })

  it('that flows again before the socket has answered costs nothing', async () => {
    const trouble = vi.fn(() => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 300)))
    const { asked } = await standing([], { onTrouble: trouble })
    await flow(3_000, 'media')
    await flow(600, 'nothing')
    await flow(5_000, 'media')
    expect([trouble.mock.calls.length, asked.length], 'the socket is asked in doubt and in silence').toEqual([2, 0])
  })

  it('over which the other one sends no more, or never did, is left alone', async () => {
    const trouble = vi.fn(() => Promise.resolve(true))
    const { asked } = await standing([], { onTrouble: trouble })
    await flow(10_000, 'control')
    await flow(3_000, 'media')
    await flow(10_000, 'control')
    await flow(10_000, 'nothing')
    expect([trouble.mock.calls.length, asked.length], 'the socket is asked once, in doubt').toEqual([1, 0])
  })

  it('that goes silent again and again with a sound socket is renewed twice, then left to ICE for a minute', async () => {
    const { peer, asked } = await standing([], { onTrouble: () => Promise.resolve(true) })
    for (let i = 0; i < 8; i++) {
      await flow(1_200, 'media')
      await flow(1_000, 'nothing')
    }
    expect(asked).toHaveLength(2)
    peer.become('disconnected')
    await flow(1_100, 'nothing')
    expect(asked, 'ICE tells').toHaveLength(3)
    peer.become('connected')
    await flow(61_000, 'media')
    await flow(1_000, 'nothing')
    expect(asked).toHaveLength(4)
  })

  it('over which media flows is left alone when the socket came back, and renewed when it stops', async () => {
    const { asked } = await standing([], { onTrouble: () => Promise.resolve(true) })
    await flow(3_000, 'media')
    media.renew()
    await flow(3_000, 'media')
    expect(asked).toEqual([])
    await flow(300, 'nothing')
    media.renew()
    await flow(20, 'nothing')
    expect(asked).toHaveLength(1)
  })

  it('that the SFU found at another address has the socket asked, and nothing else', async () => {
    const trouble = vi.fn(() => Promise.resolve(true))
    const { peer, asked } = await standing([], { onTrouble: trouble })
    await flow(3_000, 'media')
    const say = (data: unknown) => peer.channels.get('control')?.onmessage?.({ data } as MessageEvent)
    for (const other of ['', 'moved', '{"type":"other"}', new ArrayBuffer(8)]) say(other)
    expect(trouble).not.toHaveBeenCalled()
    say('{"type":"moved"}')
    expect(trouble).toHaveBeenCalledOnce()
    await flow(3_000, 'media')
    expect([trouble.mock.calls.length, asked.length]).toEqual([1, 0])
  })
})
