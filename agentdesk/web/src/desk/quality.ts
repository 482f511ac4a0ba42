/** The quality of a connection in words, from the readings of lib/media. Pure. */
import type { MediaReport } from '@/lib/protocol.gen'

export type Grade = 'unknown' | 'good' | 'fair' | 'poor'

/** Grade of one reading: poor above 5 % loss or 400 ms (ux.md 2), or when nothing comes in. */
export function gradeOf(r: MediaReport | undefined): Grade {
  if (!r?.connected) return 'unknown'
  if (r.kbps_in <= 0 || r.loss_pct > 5 || r.rtt_ms > 400) return 'poor'
  if (r.loss_pct > 2 || r.rtt_ms > 200) return 'fair'
  return 'good'
}

/** Grade over the last readings, oldest first: poor only when three in a row (6 s) were, so that one burst does not alarm. */
export function settledGrade(last: readonly Grade[]): Grade {
  const now = last.at(-1) ?? 'unknown'
  if (now !== 'poor') return now
  const three = last.slice(-3)
  return three.length === 3 && three.every((g) => g === 'poor') ? 'poor' : 'fair'
}
