/** Dates as the administration prints them, in the zone of the centre. */
import { hourMinute, hourMinuteSecond } from '@/staff/format'
import { wallClock } from '@/staff/zone'

const two = (n: number): string => String(n).padStart(2, '0')

/** 2026-10-01 */
export function day(ms: number): string {
  const at = wallClock(ms)
  return `${at.year}-${two(at.month)}-${two(at.day)}`
}
/** 2026-10-01 9:41 */
export const dayAndTime = (ms: number): string => `${day(ms)} ${hourMinute(ms)}`
/** 2026-10-01 9:41:07 */
export const dayAndSecond = (ms: number): string => `${day(ms)} ${hourMinuteSecond(ms)}`
