/** A moment as the calendar and the clock of a zone name it. */
interface Civil {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  /** 0 Sunday */
  weekday: number
}

const formats = new Map<string, Intl.DateTimeFormat | undefined>()

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  if (!formats.has(zone)) {
    let format: Intl.DateTimeFormat | undefined
    try {
      format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' })
    } catch {
      // A zone that this browser does not know: its own will do.
    }
    formats.set(zone, format)
  }
  return formats.get(zone)
}

/** zone: IANA name of the centre's zone, '' for the browser's own. */
export function civil(ms: number, zone: string): Civil {
  const format = zone === '' ? undefined : formatOf(zone)
  if (format === undefined) {
    const d = new Date(ms)
    return { year: d.getFullYear(), month: d.getMonth() + 1, day: d.getDate(), hour: d.getHours(), minute: d.getMinutes(), weekday: d.getDay() }
  }
  const part = Object.fromEntries(format.formatToParts(ms).map((p) => [p.type, Number(p.value)])) as Record<string, number>
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part
  return { year, month, day, hour, minute, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay() }
}

/** Key of the part of the day, as people say it. */
export function dayPart(ms: number, zone: string): 'morning' | 'noon' | 'afternoon' | 'evening' {
  const { hour } = civil(ms, zone)
  if (hour < 11) return 'morning'
  if (hour < 13) return 'noon'
  return hour < 18 ? 'afternoon' : 'evening'
}

/** 9:41 */
export function hourMinute(ms: number, zone: string): string {
  const c = civil(ms, zone)
  return `${c.hour}:${String(c.minute).padStart(2, '0')}`
}

/** Whole calendar days from one moment to another: 0 today, 1 tomorrow. */
export function daysBetween(fromMS: number, toMS: number, zone: string): number {
  const day = (ms: number) => {
    const c = civil(ms, zone)
    return Date.UTC(c.year, c.month - 1, c.day) / 86_400_000
  }
  return day(toMS) - day(fromMS)
}
