/** A station's self-check as staff reads it: what is wrong first, in words with unit and age. Pure. */
import { levelValues, partValues, type Level, type PartCheck } from '@/lib/protocol.gen'

/** A self-check is renewed every 15 idle minutes; one this old says little of now. */
export const staleMS = 45 * 60_000

const worst = (l: Level): number => levelValues.length - levelValues.indexOf(l)

/** Red before amber before green, then in the order of the parts. */
export function sortedChecks(checks: readonly PartCheck[] | null | undefined): PartCheck[] {
  return [...(checks ?? [])].sort((a, b) => worst(a.level) - worst(b.level) || partValues.indexOf(a.part) - partValues.indexOf(b.part))
}

/** The worst level there is; undefined when no check was heard. */
export function levelOf(checks: readonly PartCheck[] | null | undefined): Level | undefined {
  return sortedChecks(checks)[0]?.level
}

/** What needs somebody: amber and red, worst first. */
export function troubles(checks: readonly PartCheck[] | null | undefined): PartCheck[] {
  return sortedChecks(checks).filter((c) => c.level !== 'green')
}

/** Unix ms of the oldest line, 0 when there is none: a check is as old as its oldest part. */
export function checkedMS(checks: readonly PartCheck[] | null | undefined): number {
  return (checks ?? []).reduce((oldest, c) => (oldest === 0 ? c.at_ms : Math.min(oldest, c.at_ms)), 0)
}

/** Details of a check that have words of their own (check.detail.*). */
export const knownDetails = ['missing', 'denied', 'insecure', 'black', 'small', 'silent', 'udp', 'tcp', 'relay', 'slow', 'skewed', 'paper_out', 'jammed', 'offline', 'toner_low'] as const

/**
 * Key and numbers of the words of one check: its detail where that is known, else its value with unit.
 * A clock counts in seconds; a missing or denied part has no value.
 */
export function checkWords(c: PartCheck): { key: string; n: string } {
  const n = c.part === 'clock' ? (c.value / 1000).toFixed(1) : String(Math.round(c.value))
  const known = (knownDetails as readonly string[]).includes(c.detail ?? '')
  if (known && ['missing', 'denied', 'insecure', 'paper_out', 'jammed', 'offline', 'toner_low'].includes(c.detail ?? '')) return { key: `check.detail.${c.detail}`, n }
  if (c.part === 'media') return { key: known ? `check.detail.${c.detail}` : 'check.detail.unknown', n }
  if (c.part === 'printer') return { key: c.level === 'green' ? 'check.detail.fine' : 'check.detail.unknown', n }
  return { key: `check.value.${c.part}`, n }
}
