/** The wall clock of the centre: whoever looks from elsewhere reads the hours the centre lives by. */
import { shallowRef } from 'vue'
import { info } from '@/lib/api'

export interface WallClock {
  year: number
  /** 1–12 */
  month: number
  day: number
  hour: number
  minute: number
  second: number
}

const retryMS = 5000
const clockIn = (zone: string | undefined): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' })

/** The page shows one centre, so there is one zone to it; until the server has said which, the machine's. */
const clock = shallowRef(clockIn(undefined))

/** Takes an IANA name; one that the browser does not know leaves the clock as it is. */
export function setZone(zone: string): void {
  try {
    clock.value = clockIn(zone)
  } catch {
    // A RangeError: an older browser than the zone, or a server that names none.
  }
}

/** IANA name of the zone shown. Reactive, as wallClock is. */
export const shownZone = (): string => clock.value.resolvedOptions().timeZone

/** The centre's wall clock at unix ms. */
export function wallClock(ms: number): WallClock {
  const at: WallClock = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
  for (const { type, value } of clock.value.formatToParts(ms)) if (type in at) at[type as keyof WallClock] = Number(value)
  return at
}

/** Unix ms of a wall clock of the centre; where a clock was put forward and the hour is missing, one of the hours beside it. */
export function atWallClock(at: Pick<WallClock, 'year' | 'month' | 'day' | 'hour' | 'minute'>): number {
  const wanted = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute)
  let ms = wanted
  // The offset at the guess is that of the answer, but for a guess across a change of the clocks: hence twice.
  for (let i = 0; i < 2; i++) {
    const shown = wallClock(ms)
    ms += wanted - Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute)
  }
  return ms
}

/** Asks the server which zone it is, again until it answers. Resolves with the first answer or failure. */
export async function followZone(): Promise<void> {
  try {
    const { zone } = await info()
    if (zone) setZone(zone)
  } catch {
    setTimeout(() => void followZone(), retryMS)
  }
}
