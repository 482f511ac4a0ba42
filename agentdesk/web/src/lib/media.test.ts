import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ErrorCode } from './failure'
import type { MediaWindow } from './media'
import { answer, begin, finish, grant, opened as open, Peer } from './media.fixture'

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
