import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Failure, type ErrorCode } from './failure'
import { MediaWindow, type MediaWindowOptions } from './media'
import type { MediaAnswer, MediaGrant } from './protocol.gen'

/** A connection that needs no network; the test says when it comes up or fails. */
class Peer {
  static all: Peer[] = []
  connectionState: RTCPeerConnectionState = 'new'
  readonly iceGatheringState = 'complete'
  localDescription: RTCSessionDescriptionInit | undefined
  remote: RTCSessionDescriptionInit | undefined
  onconnectionstatechange: (() => void) | null = null
  ontrack: (() => void) | null = null
  closed = false

  constructor() {
    Peer.all.push(this)
  }
  addTransceiver(): void {}
  createDataChannel(): object {
    return {}
  }
  getTransceivers(): [] {
    return []
  }
  createOffer(): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: 'offer', sdp: 'v=0' })
  }
  setLocalDescription(d: RTCSessionDescriptionInit): Promise<void> {
    this.localDescription = d
    return Promise.resolve()
  }
  setRemoteDescription(d: RTCSessionDescriptionInit): Promise<void> {
    this.remote = d
    return Promise.resolve()
  }
  close(): void {
    this.closed = true
  }
  become(state: RTCPeerConnectionState): void {
    this.connectionState = state
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
