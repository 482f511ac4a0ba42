import { describe, expect, it } from 'vitest'
import { ServerClock } from './clock'

it('follows a local clock that was set, at once', () => {
  let local = 1_000_000
  const clock = new ServerClock(() => local)
  clock.sync(1_000_005, 10)
  local -= 3_600_000
  clock.sync(1_000_500, 800)
  expect(Math.abs(clock.now() - 1_000_900)).toBeLessThan(1)
  local += 7_200_000
  clock.sync(1_001_000, 900)
  expect(Math.abs(clock.now() - 1_001_450)).toBeLessThan(1)
})

describe('server clock', () => {
  it('takes the quickest of a minute and half its round trip', () => {
    let local = 1_000_000
    const clock = new ServerClock(() => local)
    clock.sync(2_000_000, 400)
    expect(clock.now()).toBe(2_000_200)
    clock.sync(2_000_000, 20)
    expect(clock.now()).toBe(2_000_010)
    clock.sync(2_000_700, 300) // slower: not believed
    expect(clock.now()).toBe(2_000_010)
    local += 61_000
    clock.sync(3_000_000, 300) // but the old one is too old now
    expect(clock.now()).toBe(3_000_150)
  })
})
