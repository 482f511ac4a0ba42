/** What the desk's routing acts are made of: whom to ask, what may be pulled, when to book. Pure. */
import { atWallClock, wallClock } from '@/staff/zone'
import type { ColleagueView, DeskStateName, QueueRow, ScheduledRow } from '@/lib/protocol.gen'

/** A waiting ticket may be taken out of turn by an agent who is ready. */
export const mayPull = (row: QueueRow, state: DeskStateName): boolean => row.state === 'waiting' && state === 'ready'

/** Who a waiting ticket is kept for, '' for nobody or me. */
export const keptFor = (row: QueueRow, me: string): string => (row.state === 'waiting' && row.agent !== me ? row.agent : '')

/** Only somebody who is ready can be asked into a call. */
export const canJoin = (c: ColleagueView): boolean => c.state === 'ready'

/** Whether a colleague does the family; no list means all, and a call without a matter asks for nothing. */
export const does = (c: ColleagueView, family: string): boolean => !family || !c.families?.length || c.families.includes(family)

/** Those who can come now first, of them those who do this family; by seat among equals. */
export function byUse(list: readonly ColleagueView[], family: string): ColleagueView[] {
  const rank = (c: ColleagueView): number => (canJoin(c) ? 0 : 2) + (does(c, family) ? 0 : 1)
  return [...list].sort((a, b) => rank(a) - rank(b) || a.seat.localeCompare(b.seat, 'zh', { numeric: true }) || a.id.localeCompare(b.id))
}

/** Families that somebody who is signed in does, in their order of appearance; of one who does all none is named. */
export const familiesOf = (list: readonly ColleagueView[]): string[] => [...new Set(list.flatMap((c) => c.families ?? []))]

const two = (n: number): string => String(n).padStart(2, '0')

/** yyyy-mm-dd of the centre, as a date field holds it. */
export function dateOf(ms: number): string {
  const at = wallClock(ms)
  return `${at.year}-${two(at.month)}-${two(at.day)}`
}

/** Unix ms of a date field and a time field in the centre's zone, or undefined while one of them is empty or no time. */
export function dueOf(date: string, time: string): number | undefined {
  const d = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date)
  const t = /^(\d\d):(\d\d)$/.exec(time)
  if (!d || !t) return undefined
  return atWallClock({ year: Number(d[1]), month: Number(d[2]), day: Number(d[3]), hour: Number(t[1]), minute: Number(t[2]) })
}

/** Where a booking begins: the next day of the week that is no weekend, at nine. */
export function firstDue(now: number): { date: string; time: string } {
  const dayMS = 86_400_000
  let ms = now + dayMS
  while ([0, 6].includes(weekday(ms))) ms += dayMS
  return { date: dateOf(ms), time: '09:00' }
}
function weekday(ms: number): number {
  const at = wallClock(ms)
  return new Date(Date.UTC(at.year, at.month - 1, at.day)).getUTCDay()
}

/** What is booked for a station, soonest first. */
export const bookedFor = (rows: readonly ScheduledRow[] | undefined, station: string): ScheduledRow[] =>
  (rows ?? []).filter((r) => r.station === station).sort((a, b) => a.due_ms - b.due_ms)
