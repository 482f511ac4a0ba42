/** The week of the centre as it is edited: seven rows, Monday first; and what is wrong with it. Pure. */
import type { DayHours, Holiday, Hours } from './wire'

export interface DayDraft {
  weekday: number
  on: boolean
  open: string
  close: string
}
export interface HoursDraft {
  always: boolean
  week: DayDraft[]
  holidays: Holiday[]
}

/** Monday first; 0 is Sunday. */
export const weekdays = [1, 2, 3, 4, 5, 6, 0] as const
const usual = { open: '08:30', close: '16:30' }

export function draftOf(h: Hours): HoursDraft {
  return {
    always: h.always,
    week: weekdays.map((weekday) => {
      const d = h.week.find((x) => x.weekday === weekday)
      return { weekday, on: d !== undefined, open: d?.open ?? usual.open, close: d?.close ?? usual.close }
    }),
    holidays: [...h.holidays].sort((a, b) => a.date.localeCompare(b.date)).map((x) => ({ ...x, open: x.open || usual.open, close: x.close || usual.close })),
  }
}

export function hoursOf(d: HoursDraft): Hours {
  return {
    always: d.always,
    week: d.week.filter((x) => x.on).map(({ weekday, open, close }): DayHours => ({ weekday, open, close })).sort((a, b) => a.weekday - b.weekday),
    holidays: d.holidays.map((x) => (x.closed ? { ...x, open: '', close: '', note: x.note.trim() } : { ...x, note: x.note.trim() })).sort((a, b) => a.date.localeCompare(b.date)),
  }
}

/** Hours by what may be changed apart from the rest: the switch, each weekday, each holiday. */
export type ByDay = Record<string, boolean | DayHours | Holiday>

export function byDay(h: Hours): ByDay {
  return { always: h.always, ...Object.fromEntries(h.week.map((d) => [`w${d.weekday}`, d])), ...Object.fromEntries(h.holidays.map((d) => [d.date, d])) }
}

export function ofDays(days: ByDay): Hours {
  const parts = Object.values(days)
  return {
    always: days.always === true,
    week: parts.filter((p): p is DayHours => typeof p === 'object' && 'weekday' in p),
    holidays: parts.filter((p): p is Holiday => typeof p === 'object' && 'date' in p),
  }
}

/** "" or the key of the sentence (admin.hours.wrong.*). "24:00" is the end of a day. */
export function spanProblem(open: string, close: string): '' | 'time' | 'order' {
  const clock = /^([01]\d|2[0-3]):[0-5]\d$/
  if (!clock.test(open) || !(clock.test(close) || close === '24:00')) return 'time'
  return open < close ? '' : 'order'
}

/** What is wrong with a holiday, '' nothing. */
export function holidayProblem(h: Holiday, all: readonly Holiday[]): '' | 'date' | 'twice' | 'time' | 'order' {
  if (!/^\d{4}-\d\d-\d\d$/.test(h.date) || Number.isNaN(Date.parse(h.date))) return 'date'
  if (all.filter((x) => x.date === h.date).length > 1) return 'twice'
  return h.closed ? '' : spanProblem(h.open, h.close)
}

/** Whether the draft may be saved. */
export function sound(d: HoursDraft): boolean {
  return d.week.every((x) => !x.on || spanProblem(x.open, x.close) === '') && d.holidays.every((h) => holidayProblem(h, d.holidays) === '')
}

/** What was typed as a clock time: 8:30, 830, 8：30 and 08.30 are 08:30; anything else stays as it is. */
export function clockOf(typed: string): string {
  const m = /^(\d{1,2})[:：.]?(\d{2})$/.exec(typed.trim())
  return m ? `${(m[1] ?? '').padStart(2, '0')}:${m[2]}` : typed.trim()
}
