/** 12:05 of a duration in ms; never negative. Hours run on in minutes: 75:00. */
export function minutes(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`
}
