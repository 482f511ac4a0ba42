import { describe, expect, it } from 'vitest'
import { backoff, firstCapMS, lastCapMS } from './backoff'

describe('back-off', () => {
  it('doubles its cap from the first to the last', () => {
    expect([1, 2, 3, 4, 5, 6, 50].map((n) => backoff(n, () => 1))).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000])
    expect([firstCapMS, lastCapMS]).toEqual([500, 8000])
  })
  it('spreads over the whole range', () => expect([0, 0.25, 0.5].map((r) => backoff(5, () => r))).toEqual([0, 2000, 4000]))
})
