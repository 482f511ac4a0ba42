/** What the figures of the board are made of: counts that add up, ages, alarms. Pure. */
import { percent } from '@/staff/format'
import { wallClock } from '@/staff/zone'
import type { Board, DeskStateName, ForecastView, QueueRow, ScheduledRow, SeatView, StationLive, StationStateName } from '@/lib/protocol.gen'

/** How often each kind of figure is renewed, ms; late is three of them (look.md 9). */
export const periods = { queue: 2_000, today: 10_000 } as const
export const latePeriods = 3

export type Freshness = 'live' | 'late' | 'lost'

/** Freshness of a figure by its age; a lost connection outranks everything. */
export function freshness(ageMS: number, periodMS: number, connected: boolean): Freshness {
  if (!connected) return 'lost'
  return ageMS > latePeriods * periodMS ? 'late' : 'live'
}

/** Amber from one minute, red from two (look.md 9). */
export type Alarm = '' | 'warn' | 'bad'
export function waitAlarm(waitedMS: number): Alarm {
  return waitedMS >= 120_000 ? 'bad' : waitedMS >= 60_000 ? 'warn' : ''
}

/** Who has waited longest, or undefined when nobody waits. */
export function longest(rows: readonly QueueRow[]): QueueRow | undefined {
  return rows.reduce<QueueRow | undefined>((best, r) => (!best || r.since_ms < best.since_ms ? r : best), undefined)
}

/** Group of a seat on the tile; together they are everybody signed in. */
export type SeatGroup = 'free' | 'call' | 'wrapup' | 'away'

const groups: Record<DeskStateName, SeatGroup> = {
  ready: 'free', offer: 'call', call: 'call', lost: 'call', wrapup: 'wrapup', away: 'away', rona: 'away', offline: 'away',
}

/** Counts of seats by group; a lost desk without a ticket is away. */
export function seatCounts(seats: readonly SeatView[]): Record<SeatGroup, number> {
  const n: Record<SeatGroup, number> = { free: 0, call: 0, wrapup: 0, away: 0 }
  for (const s of seats) n[s.state === 'lost' && !s.ticket ? 'away' : groups[s.state]]++
  return n
}

/** Counts of stations by state; they sum to the stations there are. */
export function stationCounts(stations: readonly StationLive[]): Record<StationStateName, number> {
  const n: Record<StationStateName, number> = { idle: 0, waiting: 0, call: 0, fault: 0, offline: 0, closed: 0 }
  for (const s of stations) n[s.state]++
  return n
}

/** Stations whose kiosk is there; a closed one counts, its machine runs. */
export function online(stations: readonly StationLive[]): number {
  return stations.filter((s) => s.state !== 'offline').length
}

/** Stations in their three grids, each in the fixed order of their ids: a cell never moves. */
export function grids(stations: readonly StationLive[]): { grid: string; stations: StationLive[] }[] {
  const order = ['north', 'middle', 'south']
  const found = [...new Set(stations.map((s) => s.grid))]
  found.sort((a, b) => (order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99))
  return found.map((grid) => ({
    grid,
    stations: stations.filter((s) => s.grid === grid).sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true })),
  }))
}

/** Service level: in time of those that count, with the raw counts; undefined before the first. */
export function serviceLevel(t: Board['today']): { pct: number | undefined; inTime: number; of: number } {
  const of = t.answered + t.abandoned - t.short_abandoned
  return { pct: percent(t.in_time, of), inTime: t.in_time, of }
}

/** A free seat beside somebody who waits and rings nowhere: an alarm, not a picture. */
export function idleBesideWaiting(b: Pick<Board, 'waiting' | 'seats'>, now: number): boolean {
  const stuck = b.waiting.some((w) => w.state === 'waiting' && now - w.since_ms > 5_000)
  return stuck && b.seats.some((s) => s.state === 'ready')
}

/** A ticket can be assigned to somebody who is ready, whatever his skills. */
export const assignable = (s: SeatView): boolean => s.state === 'ready'

/** How many of those who were promised a band were served within it; undefined before the first. */
export function forecastShare(f: ForecastView | undefined): number | undefined {
  return f && percent(f.covered, f.of)
}

/** What is due on the day of at, in the centre's zone, and what is overdue from before; soonest first. */
export function dueToday(rows: readonly ScheduledRow[], at: number): ScheduledRow[] {
  const today = wallClock(at)
  const same = (ms: number): boolean => {
    const c = wallClock(ms)
    return c.year === today.year && c.month === today.month && c.day === today.day
  }
  return rows.filter((r) => r.due_ms <= at || same(r.due_ms)).sort((a, b) => a.due_ms - b.due_ms)
}
