import { describe, expect, it } from 'vitest'
import { setZone } from '@/staff/zone'
import type { Board, Minute, QueueRow, ScheduledRow, SeatView, StationLive } from '@/lib/protocol.gen'
import { apart, area, gridLines, span, steps, timeMarks, topOf, type Plot } from './chart'
import { assignable, dueToday, forecastShare, freshness, grids, idleBesideWaiting, longest, online, seatCounts, serviceLevel, stationCounts, waitAlarm } from './figures'
import { zoomFor } from './scale'

const seat = (state: SeatView['state'], ticket = ''): SeatView => ({ id: state, name: '', seat: '', state, reason: '', since_ms: 0, station: '', ticket })
const station = (id: string, state: StationLive['state'], grid = 'south'): StationLive => ({ id, name: id, grid, specialist: '', state, since_ms: 0, faults: [], help: false })
const row = (ticket: string, since: number, state = 'waiting'): QueueRow => ({ ticket, number: ticket, station: '', matter: '', who: '', priority: 0, since_ms: since, state, agent: '' })

describe('ages', () => {
  it.each<[number, boolean, string]>([[500, true, 'live'], [6_000, true, 'live'], [6_001, true, 'late'], [500, false, 'lost'], [99_000, false, 'lost']])(
    '%d ms old, connected %s: %s', (age, connected, state) => expect(freshness(age, 2_000, connected)).toBe(state))
  it.each([[0, ''], [59_999, ''], [60_000, 'warn'], [119_999, 'warn'], [120_000, 'bad']])('a wait of %d ms alarms "%s"', (ms, alarm) => expect(waitAlarm(ms)).toBe(alarm))
})

describe('counts', () => {
  it('seats sum to those signed in', () => {
    const seats = [seat('ready'), seat('offer'), seat('call'), seat('wrapup'), seat('away'), seat('rona'), seat('offline'), seat('lost'), seat('lost', 't')]
    const n = seatCounts(seats)
    expect(n).toEqual({ free: 1, call: 3, wrapup: 1, away: 4 })
    expect(Object.values(n).reduce((a, b) => a + b)).toBe(seats.length)
  })
  it('stations sum to all', () => {
    const all = [station('s01', 'idle'), station('s02', 'call'), station('s03', 'offline'), station('s04', 'closed')]
    expect(Object.values(stationCounts(all)).reduce((a, b) => a + b)).toBe(4)
    expect(online(all)).toBe(3)
  })
  it('finds the longest wait, not the first in match order', () => {
    expect(longest([row('a', 50), row('b', 10), row('c', 90)])?.ticket).toBe('b')
    expect(longest([])).toBeUndefined()
  })
  it('keeps cells in the order of ids, whatever their state', () => {
    const g = grids([station('s10', 'call'), station('s02', 'idle'), station('s01', 'idle', 'north'), station('s09', 'fault', 'middle')])
    expect(g.map((x) => [x.grid, x.stations.map((s) => s.id)])).toEqual([['north', ['s01']], ['middle', ['s09']], ['south', ['s02', 's10']]])
  })
  it('service level leaves short abandons out', () => {
    const today = { answered: 20, abandoned: 3, short_abandoned: 1, in_time: 19 } as Board['today']
    expect(serviceLevel(today)).toEqual({ pct: 86, inTime: 19, of: 22 })
    expect(serviceLevel({ ...today, answered: 0, abandoned: 0, short_abandoned: 0, in_time: 0 }).pct).toBeUndefined()
  })
  it('alarms when somebody waits beside a free seat', () => {
    expect(idleBesideWaiting({ waiting: [row('a', 0)], seats: [seat('ready')] }, 10_000)).toBe(true)
    expect(idleBesideWaiting({ waiting: [row('a', 0)], seats: [seat('ready')] }, 1_000)).toBe(false)
    expect(idleBesideWaiting({ waiting: [row('a', 0, 'offered')], seats: [seat('ready')] }, 10_000)).toBe(false)
    expect(idleBesideWaiting({ waiting: [row('a', 0)], seats: [seat('call')] }, 10_000)).toBe(false)
  })
})

describe('chart', () => {
  const minute = (at: number, waiting: number, calls: number): Minute => ({ at_ms: at * 60_000, waiting, in_call: calls })
  const plot: Plot = { width: 100, height: 40, fromMS: 0, toMS: 10 * 60_000, top: 4 }

  it('has an even top above every count', () => {
    expect(topOf([])).toBe(4)
    expect(topOf([minute(0, 0, 4)])).toBe(6)
    expect(topOf([minute(0, 9, 4)])).toBe(10)
  })
  it('has whole lines, five at most', () => {
    expect(gridLines(4)).toEqual([0, 1, 2, 3, 4])
    expect(gridLines(10)).toEqual([0, 3, 6, 9])
  })
  it('draws steps: level, then straight up', () => {
    expect(steps([minute(0, 0, 1), minute(1, 0, 2)], (m) => m.in_call, plot, 2 * 60_000)).toBe('M0.0 30.0H10.0H10.0V20.0H20.0')
  })
  it('ends at now within the running minute', () => {
    expect(steps([minute(0, 0, 1)], (m) => m.in_call, plot, 30_000)).toBe('M0.0 30.0H5.0')
  })
  it('leaves a gap where minutes are missing, and fills each stretch', () => {
    const line = steps([minute(0, 0, 1), minute(5, 0, 2)], (m) => m.in_call, plot, 6 * 60_000)
    expect(line).toBe('M0.0 30.0H10.0M50.0 20.0H60.0')
    expect(area(line, plot)).toBe('M0.0 30.0H10.0V40H0.0ZM50.0 20.0H60.0V40H50.0Z')
  })
  it('spans from the opening to the next half hour', () => {
    const half = 30 * 60_000
    expect(span([minute(20, 0, 0)], 0, 20 * 60_000)).toEqual({ fromMS: 20 * 60_000, toMS: 50 * 60_000 })
    expect(span([minute(20, 0, 0)], 10 * 60_000, 100 * 60_000)).toEqual({ fromMS: 10 * 60_000, toMS: 4 * half })
  })
  it('has at most eight marks of time', () => {
    for (const hours of [1, 4, 8, 24]) {
      const marks = timeMarks({ ...plot, toMS: hours * 3_600_000 })
      expect(marks.length).toBeGreaterThan(1)
      expect(marks.length).toBeLessThanOrEqual(8)
    }
  })
  it('keeps end labels apart', () => {
    expect(apart(10, 80, 26)).toEqual([10, 80])
    expect(apart(30, 40, 26)).toEqual([14, 40])
    expect(apart(40, 40, 26)).toEqual([14, 40])
    expect(apart(50, 40, 26)).toEqual([50, 24])
  })
})

it('zooms the one drawing', () => {
  expect(zoomFor(1920, 1080)).toBe(1)
  expect(zoomFor(3840, 2160)).toBe(2)
  expect(zoomFor(1366, 768)).toBeCloseTo(0.711, 3)
  expect(zoomFor(800, 600)).toBe(0.7)
})

it('a ticket goes to somebody who is ready', () => expect([assignable(seat('ready')), assignable(seat('call')), assignable(seat('away'))]).toEqual([true, false, false]))

it('the forecast is judged by the residents who stayed', () => {
  expect([forecastShare({ covered: 41, of: 50, left: 3 }), forecastShare({ covered: 0, of: 0, left: 3 }), forecastShare(undefined)]).toEqual([82, undefined, undefined])
})

it('what is due today is by the day of the centre, with what is overdue', () => {
  setZone('Asia/Shanghai')
  const due = (ticket: string, at: string): ScheduledRow => ({ ticket, number: '', kind: 'callback', station: '', matter: '', priority: 0, since_ms: 0, due_ms: Date.parse(at) })
  const rows = [due('evening', '2026-11-23T23:30:00+08:00'), due('morrow', '2026-11-24T00:10:00+08:00'), due('over', '2026-11-22T10:00:00+08:00'), due('soon', '2026-11-23T08:40:00+08:00')]
  expect(dueToday(rows, Date.parse('2026-11-23T08:00:00+08:00')).map((r) => r.ticket)).toEqual(['over', 'soon', 'evening'])
  setZone('UTC')
})
