import { describe, expect, it } from 'vitest'
import { civil, dayPart, daysBetween, hourMinute } from './daytime'
import { restMS, restOf, ringMS } from './rest'

describe('rest', () => {
  it.each([[0, 'quiet'], [restMS - 1, 'quiet'], [restMS, 'ring'], [restMS + ringMS - 1, 'ring'], [restMS + ringMS, 'over'], [1e9, 'over']] as const)('after %d ms: %s', (ms, at) => expect(restOf(ms).at).toBe(at))
  it('rings at least 30 s', () => expect(restOf(restMS).leftMS).toBeGreaterThanOrEqual(30_000))
})

describe('clock of the centre', () => {
  // 2026-11-23 00:30 UTC
  const ms = Date.UTC(2026, 10, 23, 0, 30)
  it.each([
    ['Asia/Shanghai', '8:30', 'morning', 23, 1],
    ['America/New_York', '19:30', 'evening', 22, 0],
    ['Asia/Kolkata', '6:00', 'morning', 23, 1],
  ] as const)('%s', (zone, time, part, day, weekday) => {
    expect([hourMinute(ms, zone), dayPart(ms, zone), civil(ms, zone).day, civil(ms, zone).weekday]).toEqual([time, part, day, weekday])
  })
  it('midnight is 0:00, not 24:00', () => expect(hourMinute(Date.UTC(2026, 10, 22, 16), 'Asia/Shanghai')).toBe('0:00'))
  it('days are counted by the calendar of the zone', () => {
    expect(daysBetween(Date.UTC(2026, 10, 22, 15, 59), Date.UTC(2026, 10, 22, 16, 1), 'Asia/Shanghai')).toBe(1)
    expect(daysBetween(Date.UTC(2026, 10, 22, 15, 59), Date.UTC(2026, 10, 22, 16, 1), 'UTC')).toBe(0)
  })
  it('a zone that nobody knows is the browser\'s own', () => expect(hourMinute(ms, 'Nowhere/At_All')).toMatch(/^\d{1,2}:\d\d$/))
})
