/** The audit trail as it is read: its pages and its details. Pure. */
import type { AuditRow } from './wire'

/** Cursor of the page after these rows: what stands before the oldest of them; '' when there are none. */
export function cursorOf(rows: readonly AuditRow[]): string {
  const last = rows.at(-1)
  return last ? `${last.at_ms}.${last.seq}.${last.node}` : ''
}

const most = 240

/** A detail in one line: "role agent, seat 3"; nested values as JSON, cut. */
export function detailOf(detail: Record<string, unknown> | null | undefined): string {
  const line = Object.entries(detail ?? {}).map(([k, v]) => `${k} ${typeof v === 'object' && v !== null ? JSON.stringify(v) : String(v)}`).join(', ')
  const letters = [...line]
  return letters.length > most ? `${letters.slice(0, most).join('')}…` : line
}
