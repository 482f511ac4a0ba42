import { describe, expect, it } from 'vitest'
import { ServerClock } from './clock'

describe('server clock', () => {
  it('takes the quickest of a minute and half its round trip', () => {
    let local = 1_000_000
    const clock = new ServerClock(() => local)
    clock.sync(2_000_000, 400)
    expect(clock.now()).toBe(2_000_200)
    clock.sync(2_000_000, 20)
    expect(clock.now()).toBe(2_000_010)
    clock.sync(9_000_000, 300) // slower: not believed
    expect(clock.now()).toBe(2_000_010)
    local += 61_000
    clock.sync(3_000_000, 300) // but the old one is too old now
    expect(clock.now()).toBe(3_000_150)
  })
})
