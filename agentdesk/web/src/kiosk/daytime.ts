/** Key of the part of the day, as people say it. */
export function dayPart(ms: number): 'morning' | 'noon' | 'afternoon' | 'evening' {
  const hour = new Date(ms).getHours()
  if (hour < 11) return 'morning'
  if (hour < 13) return 'noon'
  return hour < 18 ? 'afternoon' : 'evening'
}

/** 9:41 */
export function hourMinute(ms: number): string {
  const d = new Date(ms)
  return `${d.getHours()}:${String(d.getMinutes()).padStart(2, '0')}`
}

/** Whole calendar days from one moment to another: 0 today, 1 tomorrow. */
export function daysBetween(fromMS: number, toMS: number): number {
  const day = (ms: number) => {
    const d = new Date(ms)
    return Date.UTC(d.getFullYear(), d.getMonth(), d.getDate()) / 86_400_000
  }
  return day(toMS) - day(fromMS)
}
