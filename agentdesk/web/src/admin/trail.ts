/** The audit trail as it is read. Pure. */

const most = 240

/** A detail in one line: "role agent, seat 3"; nested values as JSON, cut. */
export function detailOf(detail: Record<string, unknown> | null | undefined): string {
  const line = Object.entries(detail ?? {}).map(([k, v]) => `${k} ${typeof v === 'object' && v !== null ? JSON.stringify(v) : String(v)}`).join(', ')
  const letters = [...line]
  return letters.length > most ? `${letters.slice(0, most).join('')}…` : line
}
