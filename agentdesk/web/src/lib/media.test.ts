import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Failure, type ErrorCode } from './failure'
import { MediaWindow, pathOf, type MediaWindowOptions } from './media'
import type { MediaAnswer, MediaGrant, MediaRestart } from './protocol.gen'

/** A connection that needs no network; the test says when it comes up or fails. */
class Peer extends EventTarget {
  static all: Peer[] = []
  connectionState: RTCPeerConnectionState = 'new'
  iceConnectionState: RTCIceConnectionState = 'new'
  readonly described: string[] = []
  readonly iceGatheringState: RTCIceGatheringState = 'gathering' // for ever: nothing may wait for it
  localDescription: RTCSessionDescriptionInit | undefined
  remote: RTCSessionDescriptionInit | undefined
  onconnectionstatechange: (() => void) | null = null
  ontrack: (() => void) | null = null
  closed = false

  constructor() {
    super()
    Peer.all.push(this)
  }
  addTransceiver(): void {}
  createDataChannel(): object {
    return {}
  }
  getTransceivers(): [] {
    return []
  }
  createOffer(o?: RTCOfferOptions): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: 'offer', sdp: o?.iceRestart ? 'restart' : 'v=0' })
  }
  setLocalDescription(d: RTCSessionDescriptionInit): Promise<void> {
    this.localDescription = d
    this.described.push(d.type === 'offer' ? d.sdp ?? '' : d.type)
    return Promise.resolve()
  }
  /** when media was last heard; the same again while none comes */
  mediaAt = 0
  bytes = 0
  getReceivers(): object[] {
    return [{ getSynchronizationSources: () => [{ timestamp: this.mediaAt }] }]
  }
  getStats(): Promise<Map<string, object>> {
    return Promise.resolve(new Map([['t', { type: 'transport', bytesReceived: this.bytes }]]))
  }
  setRemoteDescription(d: RTCSessionDescriptionInit): Promise<void> {
    this.remote = d
    return Promise.resolve()
  }
  close(): void {
    this.closed = true
  }
  become(state: 'connected' | 'disconnected' | 'failed'): void {
    this.connectionState = this.iceConnectionState = state
    this.dispatchEvent(new Event('iceconnectionstatechange'))
    this.onconnectionstatechange?.()
  }
}

const grant = (token: string): MediaGrant => ({ token, layout: 1, max_kbps: 1000, codec: 'VP8' })
const answer: MediaAnswer = { sdp: 'a' }
let media: MediaWindow

/** The window and the tokens it offered; a string among the answers is the code that the exchange fails with. */
function opened(answers: (MediaAnswer | ErrorCode)[], more: Partial<MediaWindowOptions> = {}): string[] {
  const offered: string[] = []
  media = new MediaWindow({
    role: 'agent',
    exchange: ({ token }) => {
      offered.push(token)
      const next = answers.shift() ?? answer
      return typeof next === 'string' ? Promise.reject(new Failure(next)) : Promise.resolve(next)
    },
    ...more,
  })
  return offered
}

beforeEach(() => {
  Peer.all = []
  vi.stubGlobal('RTCPeerConnection', Peer)
  vi.stubGlobal('MediaStream', class {})
  vi.useFakeTimers()
})
afterEach(() => {
  media.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('grant', () => {
  it.each(['offline', 'timeout', 'network', 'rate', 'shutdown', 'slow'] as const)('is tried again after %s', async (code) => {
    const offered = opened([code])
    await media.follow(grant('t'))
    expect(media.state).toBe('failed')
    await media.follow(grant('t'))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(offered).toEqual(['t', 't'])
    expect(Peer.all[1]?.remote).toMatchObject({ sdp: 'a' })
  })

  it.each(['media_token', 'bad_sdp', 'stale', 'wrong_state', 'internal'] as const)('is done with after %s, the next one is used', async (code) => {
    const offered = opened([code])
    await media.follow(grant('t'))
    await media.follow(grant('t'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(offered).toEqual(['t'])
    await media.follow(grant('u'))
    expect(offered).toEqual(['t', 'u'])
  })

  it('is tried again by itself, at most 2 s apart, and never in a storm', async () => {
    const offered = opened(Array<ErrorCode>(200).fill('rate'))
    await media.follow(grant('t'))
    for (let i = 0; i < 200; i++) {
      void media.follow(grant('t'))
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(offered.length).toBeGreaterThanOrEqual(10)
    expect(offered.length).toBeLessThanOrEqual(14)
  })

  it('waits for the socket', async () => {
    let online = false
    const offered = opened([], { online: () => online })
    await media.follow(grant('t'))
    await vi.advanceTimersByTimeAsync(30_000)
    expect([offered.length, Peer.all.length, media.state]).toEqual([0, 0, 'closed'])
    online = true
    await vi.advanceTimersByTimeAsync(2_000)
    expect(offered).toEqual(['t'])
  })

  it('that lay in a cut opens the broken connection again', async () => {
    let online = true
    const offered = opened([answer, 'offline', answer], { online: () => online })
    await media.follow(grant('t'))
    Peer.all[0]?.become('connected')
    await media.follow(grant('u'))
    expect(offered).toEqual(['t'])
    Peer.all[0]?.become('failed')
    await media.follow(grant('u'))
    online = false
    await vi.advanceTimersByTimeAsync(20_000)
    expect(offered).toEqual(['t', 'u'])
    online = true
    await vi.advanceTimersByTimeAsync(2_000)
    expect(offered).toEqual(['t', 'u', 'u'])
    Peer.all.at(-1)?.become('connected')
    expect(media.state).toBe('open')
  })

  it('that came while the offer was made is the one offered', async () => {
    const offered = opened([])
    const first = media.follow(grant('t'))
    const second = media.follow(grant('u'))
    await Promise.all([first, second])
    await vi.advanceTimersByTimeAsync(5_000)
    expect([offered, Peer.all.length]).toEqual([['u'], 1])
  })

  it('is not tried once the window is closed or the state has none', async () => {
    const offered = opened(['offline', 'offline'])
    await media.follow(grant('t'))
    await media.follow(undefined)
    await vi.advanceTimersByTimeAsync(10_000)
    await media.follow(grant('t'))
    media.close()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(offered).toEqual(['t', 't'])
    expect(Peer.all.every((p) => p.closed)).toBe(true)
  })
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

  it.each([
    ['udp', { candidateType: 'host', protocol: 'udp' }, 'udp'],
    ['tcp', { candidateType: 'host', protocol: 'tcp' }, 'tcp'],
    ['a relay over udp', { candidateType: 'relay', protocol: 'udp' }, 'relay'],
    ['unknown', {}, ''],
  ])('%s is named', (_name, local, want) => {
    const pair = { localCandidateId: 'l', remoteCandidateId: 'r' }
    expect(pathOf(new Map(Object.entries({ p: pair, l: local, r: {} })), pair)).toBe(want)
  })
})
