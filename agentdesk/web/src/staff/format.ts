/** Times and figures as desk, board and administration print them: unix milliseconds in, the centre's wall clock out. */
import { shownZone, wallClock } from './zone'

const two = (n: number): string => String(n).padStart(2, '0')

/** m:ss, from an hour on h:mm:ss; never "108 s". Negative is 0:00. */
export function mmss(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const h = Math.floor(s / 3600)
  const m = Math.floor((s % 3600) / 60)
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`
}

/** Whole seconds until end: rounded up, so that 1 is shown until it is over. */
export function secondsLeft(endMS: number, nowMS: number): number {
  return Math.max(0, Math.ceil((endMS - nowMS) / 1000))
}

/** Share of a countdown that is left, 0–1; 0 when the span is empty. */
export function shareLeft(startMS: number, endMS: number, nowMS: number): number {
  if (endMS <= startMS) return 0
  return Math.min(1, Math.max(0, (endMS - nowMS) / (endMS - startMS)))
}

/** H:mm in the zone of the centre. */
export function hourMinute(ms: number): string {
  const at = wallClock(ms)
  return `${at.hour}:${two(at.minute)}`
}

/** H:mm:ss in the zone of the centre. */
export function hourMinuteSecond(ms: number): string {
  return `${hourMinute(ms)}:${two(wallClock(ms).second)}`
}

/** Day and weekday in words: 3 月 12 日 星期四. */
export function dayInWords(ms: number, locale: string): string {
  const timeZone = shownZone()
  const day = new Intl.DateTimeFormat(locale, { timeZone, month: 'long', day: 'numeric' }).format(ms)
  const weekday = new Intl.DateTimeFormat(locale, { timeZone, weekday: 'long' }).format(ms)
  return locale.startsWith('zh') ? `${day.replace(/(\d+)/g, ' $1 ').trim()}　${weekday}` : `${weekday}, ${day}`
}

/** Whole percent, or undefined when there is nothing to divide by. */
export function percent(part: number, whole: number): number | undefined {
  return whole > 0 ? Math.round((100 * part) / whole) : undefined
}

/** Number and unit of an age: seconds below 100 s, minutes below 100 min, then hours. */
export function ageParts(ms: number): { n: number; unit: 'seconds' | 'minutes' | 'hours' } {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 100) return { n: s, unit: 'seconds' }
  if (s < 6000) return { n: Math.floor(s / 60), unit: 'minutes' }
  return { n: Math.floor(s / 3600), unit: 'hours' }
}

/** First and last four digits of a hash. */
export function shortHash(hex: string): string {
  return hex.length > 8 ? `${hex.slice(0, 4)}…${hex.slice(-4)}` : hex
}
