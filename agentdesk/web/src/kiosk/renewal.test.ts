import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Renewal } from './renewal'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('renewal', () => {
  it.each(['protocol', 'forbidden'] as const)('loads the page anew a minute after %s, once', (code) => {
    const reload = vi.fn()
    const renewal = new Renewal(reload)
    renewal.follow('')
    renewal.follow(code)
    vi.advanceTimersByTime(59_000)
    renewal.follow(code)
    expect(reload).not.toHaveBeenCalled()
    vi.advanceTimersByTime(120_000)
    expect(reload).toHaveBeenCalledTimes(1)
  })

  it.each(['', 'network', 'replaced', 'elsewhere', 'not_found'] as const)('leaves the page after %j', (code) => {
    const reload = vi.fn()
    const renewal = new Renewal(reload)
    renewal.follow(code)
    vi.advanceTimersByTime(600_000)
    expect(reload).not.toHaveBeenCalled()
  })

  it('is off when the socket goes on', () => {
    const reload = vi.fn()
    const renewal = new Renewal(reload)
    renewal.follow('protocol')
    renewal.follow('')
    vi.advanceTimersByTime(600_000)
    expect(reload).not.toHaveBeenCalled()
  })
})
