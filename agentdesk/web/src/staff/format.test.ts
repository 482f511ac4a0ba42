import { afterEach, describe, expect, it } from 'vitest'
import { day, dayAndSecond } from '@/admin/dates'
import { ageParts, dayInWords, hourMinute, hourMinuteSecond, mmss, percent, secondsLeft, shareLeft, shortHash } from './format'
import { setZone, shownZone } from './zone'

describe('mmss', () => {
  it.each([
    [0, '0:00'], [999, '0:00'], [9_000, '0:09'], [59_999, '0:59'], [60_000, '1:00'], [108_000, '1:48'], [3_599_999, '59:59'], [3_600_000, '1:00:00'], [-5, '0:00'],
  ])('%d ms is %s', (ms, text) => expect(mmss(ms)).toBe(text))
})

describe('secondsLeft', () => {
  it.each([[1000, 0, 1], [1000, 999, 1], [1000, 1000, 0], [1000, 5000, 0], [20_000, 1, 20]])('until %d at %d: %d', (end, now, left) => expect(secondsLeft(end, now)).toBe(left))
})

describe('shareLeft', () => {
  it('runs from one to nothing and stays there', () => {
    expect(shareLeft(0, 100, 0)).toBe(1)
    expect(shareLeft(0, 100, 25)).toBe(0.75)
    expect(shareLeft(0, 100, 500)).toBe(0)
    expect(shareLeft(0, 100, -5)).toBe(1)
  })
  it('is nothing of an empty span', () => expect(shareLeft(5, 5, 5)).toBe(0))
})

describe('ageParts', () => {
  it.each([
    [0, 0, 'seconds'], [38_900, 38, 'seconds'], [99_999, 99, 'seconds'], [100_000, 1, 'minutes'], [5_999_000, 99, 'minutes'], [7_200_000, 2, 'hours'],
  ])('%d ms is %d %s', (ms, n, unit) => expect(ageParts(ms)).toEqual({ n, unit }))
})

describe('percent', () => {
  it('has no answer without a whole', () => expect(percent(0, 0)).toBeUndefined())
  it('rounds', () => expect(percent(19, 22)).toBe(86))
})

it('shortens a hash', () => expect(shortHash('5b1e' + '0'.repeat(56) + 'c07a')).toBe('5b1e…c07a'))

describe('the clock of the centre', () => {
  const machine = shownZone()
  afterEach(() => setZone(machine))
  const at = Date.UTC(2026, 10, 22, 16, 5, 9)
  it.each([
    ['Asia/Shanghai', '0:05', '0:05:09', '2026-11-23', 'Monday, November 23'],
    ['America/New_York', '11:05', '11:05:09', '2026-11-22', 'Sunday, November 22'],
    ['Asia/Kathmandu', '21:50', '21:50:09', '2026-11-22', 'Sunday, November 22'],
  ])('in %s shows %s', (zone, short, long, date, words) => {
    setZone(zone)
    expect(hourMinute(at)).toBe(short)
    expect(hourMinuteSecond(at)).toBe(long)
    expect(day(at)).toBe(date)
    expect(dayAndSecond(at)).toBe(`${date} ${long}`)
    expect(dayInWords(at, 'en')).toBe(words)
  })
  it.each(['', 'Mars/Olympus', 'Local'])('keeps what it has for %j', (zone) => {
    setZone('Asia/Kathmandu')
    setZone(zone)
    expect(hourMinute(at)).toBe('21:50')
  })
})
