import type { Disposition, SummaryView } from '@/lib/protocol.gen'

/** Dispositions with a heading of their own. */
const named: readonly Disposition[] = ['accepted', 'pending', 'consulted']

/** Key below summary.h of what came of a call. */
export function headingOf(summary: SummaryView): string {
  if (summary.ended === 'abandoned') return 'left'
  if (summary.disposition === '') return summary.ended === 'lost' ? 'lost' : 'wait'
  return named.includes(summary.disposition) ? summary.disposition : 'other'
}
