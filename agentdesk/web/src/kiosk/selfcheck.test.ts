import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ServerClock } from '@/lib/clock'
import type { Leave } from './cameras'
import { checkAgainMS, checkEveryMS, earlyChecks, useSelfCheck } from './selfcheck'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function station(leave: Leave = 'unasked') {
  const is = { free: true, leave, rttMS: 40 as number | undefined }
  const selfCheck = vi.fn(() => Promise.resolve(is.leave))
  const onDone = vi.fn()
  const s = useSelfCheck({
    cameras: { selfCheck, devices: { faults: [], docWidth: 0, docHeight: 0 } }, clock: new ServerClock(() => 0), rttMS: () => is.rttMS, free: () => is.free, onDone,
  })
  /** Whatever runs ends. */
  const settled = () => vi.advanceTimersByTimeAsync(0)
  return { s, is, selfCheck, onDone, settled }
}

const levels = (s: ReturnType<typeof station>['s']) => Object.fromEntries(s.checks.value.map((c) => [c.part, c.level]))

describe('self-check', () => {
  it('keeps the first page back until it has ended, and is told then', async () => {
    const { s, onDone, settled } = station()
    s.boot()
    expect([s.booting.value, s.found()]).toEqual([true, undefined])
    await settled()
    expect([s.booting.value, onDone.mock.calls.length]).toEqual([false, 1])
    expect(s.found()?.map((c) => c.part)).toEqual(['speaker', 'network', 'clock'])
  })

  it('keeps it back for 6 s at the most', async () => {
    const { s, selfCheck } = station()
    selfCheck.mockReturnValue(new Promise(() => undefined))
    s.boot()
    await vi.advanceTimersByTimeAsync(5_900)
    expect(s.booting.value).toBe(true)
    await vi.advanceTimersByTimeAsync(200)
    expect([s.booting.value, s.found()]).toEqual([false, undefined])
  })

  it('goes without the network when no answer comes', async () => {
    const { s, is } = station()
    is.rttMS = undefined
    s.boot()
    await vi.advanceTimersByTimeAsync(7_000)
    expect(levels(s)).toEqual({ speaker: 'green' })
  })

  it.each([
    ['denied', { camera: 'red', document: 'red' }, false],
    ['insecure', { camera: 'red', document: 'red', microphone: 'red' }, true],
  ] as const)('%s devices are red without a look', async (leave, red, insecure) => {
    const { s, settled } = station(leave)
    s.boot()
    await settled()
    expect(levels(s)).toMatchObject(red)
    expect(s.insecure.value).toBe(insecure)
  })

  it('tells the path of the last call until it is wiped', async () => {
    const { s, settled } = station()
    s.over('tcp')
    s.boot()
    await settled()
    expect(levels(s)).toMatchObject({ media: 'amber' })
    s.over('')
    await vi.advanceTimersByTimeAsync(checkAgainMS)
    s.devicesChanged()
    await settled()
    expect(levels(s)).not.toHaveProperty('media')
  })

  it('looks at a change of devices at once, and just after a check a little later', async () => {
    const { s, selfCheck, settled } = station()
    s.boot()
    await settled()
    s.devicesChanged()
    await vi.advanceTimersByTimeAsync(checkAgainMS - 1)
    expect(selfCheck).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(selfCheck).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(checkAgainMS)
    s.devicesChanged()
    expect(selfCheck).toHaveBeenCalledTimes(3)
  })

  it('follows devices that change at every look only so often', async () => {
    const { s, selfCheck, settled } = station()
    selfCheck.mockImplementation(() => {
      setTimeout(() => s.devicesChanged(), 200)
      return Promise.resolve('unasked' as const)
    })
    s.boot()
    await settled()
    await vi.advanceTimersByTimeAsync(checkEveryMS)
    expect(selfCheck).toHaveBeenCalledTimes(1 + earlyChecks)
  })

  it('leaves the devices alone while a resident needs them', async () => {
    const { s, is, selfCheck } = station()
    is.free = false
    s.devicesChanged()
    await vi.advanceTimersByTimeAsync(checkAgainMS)
    s.devicesChanged()
    await vi.advanceTimersByTimeAsync(checkEveryMS)
    expect(selfCheck).not.toHaveBeenCalled()
  })

  it('comes again every quarter of an hour that nobody touched the kiosk', async () => {
    const { s, selfCheck, settled } = station()
    s.boot()
    await settled()
    await vi.advanceTimersByTimeAsync(checkEveryMS + 1)
    s.idle(60_000)
    expect(selfCheck).toHaveBeenCalledTimes(1)
    s.idle(90_001)
    expect(selfCheck).toHaveBeenCalledTimes(2)
    await settled()
    s.idle(90_001)
    expect(selfCheck).toHaveBeenCalledTimes(2)
  })
})
