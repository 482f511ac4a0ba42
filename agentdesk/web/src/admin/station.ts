/** What a station's keys and code amount to, and the rules of its fields. Pure. */
import type { StationRow } from './wire'

export type Enrolment = 'enrolled' | 'code' | 'none'

/** Enrolled once a valid key is there; otherwise a code may be out. */
export function enrolmentOf(s: Pick<StationRow, 'keys' | 'code_expires_ms'>, nowMS: number): Enrolment {
  if (s.keys.some((k) => !k.revoked_ms)) return 'enrolled'
  return s.code_expires_ms > nowMS ? 'code' : 'none'
}

export const gridIDs = ['north', 'middle', 'south'] as const

/** Small letters, digits and dashes; 1–32. */
export const stationPattern = /^[a-z0-9][a-z0-9-]{0,31}$/
export const mostStationName = 32

export type StationField = 'id' | 'name' | 'specialist'

/** Key of the sentence for each wrong field (admin.stations.wrong.*). */
export function stationProblems(s: StationRow, taken: readonly string[]): Partial<Record<StationField, string>> {
  const wrong: Partial<Record<StationField, string>> = {}
  if (!stationPattern.test(s.id)) wrong.id = 'id'
  else if (taken.includes(s.id)) wrong.id = 'taken'
  if (s.name.trim() === '' || [...s.name].length > mostStationName) wrong.name = 'name'
  if ([...s.specialist].length > mostStationName) wrong.specialist = 'specialist'
  return wrong
}
