import type { StationState, Way } from '@/lib/protocol.gen'
import { civil, dayPart, daysBetween, hourMinute } from './daytime'

// What a resident can do when waiting is not the way: never a page without a next step.

/** The server names what lacks and the ways beside it. */
export const lacking = (server: StationState) => (server.lack ?? '') !== '' && (server.ways ?? []).length > 0
export const hasWay = (server: StationState | undefined, way: Way) => server?.ways?.includes(way) ?? false
/** A press gets a place in the line. */
export const canWait = (server: StationState) => server.state !== 'closed' && ((server.lack ?? '') === '' || hasWay(server, 'wait'))

type Translate = (key: string, named: Record<string, unknown>) => string

/** A moment as people say it: tomorrow morning 8:30. */
export function momentOf(t: Translate, fromMS: number, atMS: number, zone: string): string {
  const time = `${t(`head.${dayPart(atMS, zone)}`, {}).toLowerCase()} ${hourMinute(atMS, zone)}`
  const days = daysBetween(fromMS, atMS, zone)
  const d = civil(atMS, zone)
  return days === 0 ? t('closed.today', { time }) : days === 1 ? t('closed.tomorrow', { time }) : t('closed.later', { month: d.month, day: d.day, time })
}
