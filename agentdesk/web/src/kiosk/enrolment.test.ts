import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Failure } from '@/lib/failure'
import { useEnrolment } from './enrolment'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A device that has a key or none; what its codes meet is the test's. */
function device(has = true) {
  const identity = { enrolled: vi.fn(() => Promise.resolve(has)), enrol: vi.fn(() => Promise.resolve({ station: 's07', name: '', key: 'k' })) }
  const [retry, enrolled] = [vi.fn(), vi.fn()]
  return { identity, retry, enrolled, e: useEnrolment({ identity, retry, enrolled }) }
}

describe('enrolment', () => {
  it.each([[true, false], [false, true]])('with a key: %s, asks for a code: %s', async (has, asks) => {
    const { e } = device(has)
    expect(await e.known()).toBe(has)
    expect([e.asking.value, e.problem.code]).toEqual([asks, ''])
  })

  it('says so where the browser keeps no keys', async () => {
    const { e, identity } = device()
    identity.enrolled.mockRejectedValue(new Failure('no_keys'))
    expect(await e.known()).toBe(false)
    expect([e.asking.value, e.problem.code]).toEqual([true, 'no_keys'])
  })

  it('says so where the browser makes no keys', async () => {
    vi.stubGlobal('crypto', { subtle: undefined })
    const { e } = device()
    expect(await e.known()).toBe(false)
    expect([e.asking.value, e.problem.code]).toEqual([true, 'no_keys'])
  })

  it('tries a refused key every minute, and asks for a code after the third time', async () => {
    const { e, retry } = device()
    for (let refusal = 1; refusal <= 3; refusal++) {
      e.refuse()
      await vi.advanceTimersByTimeAsync(59_000)
      expect(retry).toHaveBeenCalledTimes(refusal - 1)
      expect(e.asking.value).toBe(refusal === 3)
      await vi.advanceTimersByTimeAsync(1_000)
      expect(retry).toHaveBeenCalledTimes(refusal)
    }
  })

  it('counts refusals anew once the server has welcomed it', async () => {
    const { e } = device()
    e.refuse()
    e.refuse()
    e.welcomed()
    e.refuse()
    e.refuse()
    await vi.advanceTimersByTimeAsync(0)
    expect(e.asking.value).toBe(false)
  })

  it('asks at once when there is no key to refuse', async () => {
    const { e, retry } = device(false)
    e.refuse()
    await vi.advanceTimersByTimeAsync(120_000)
    expect([e.asking.value, retry.mock.calls.length]).toEqual([true, 0])
  })

  it('holds a try of the old key back while a code is on its way', async () => {
    const { e, identity, retry, enrolled } = device()
    e.refuse()
    await vi.advanceTimersByTimeAsync(0)
    let answer = () => {}
    identity.enrol.mockReturnValue(new Promise((resolve) => (answer = () => resolve({ station: 's07', name: '', key: 'k' }))))
    const enrolling = e.enrol('K7QD')
    await vi.advanceTimersByTimeAsync(61_000)
    expect(retry).not.toHaveBeenCalled()
    answer()
    await enrolling
    await vi.advanceTimersByTimeAsync(120_000)
    expect([retry.mock.calls.length, enrolled.mock.calls.length, e.asking.value]).toEqual([0, 1, false])
  })

  it('keeps what the server said of a code, and for how long', async () => {
    const { e, identity, enrolled } = device(false)
    await e.known()
    identity.enrol.mockRejectedValue(new Failure('rate', '', 64_000))
    await e.enrol('K7QD')
    expect([e.problem.code, e.problem.running, e.asking.value, enrolled.mock.calls.length]).toEqual(['rate', false, true, 0])
    expect(e.leftMS(performance.now())).toBe(64_000)
    expect(e.leftMS(performance.now() + 70_000)).toBe(0)
  })
})
