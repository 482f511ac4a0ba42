/** Which stations need somebody, and why: equipment by its self-check, and those that nobody has heard of. Pure. */
import { levelOf, troubles } from '@/staff/checks'
import type { Level, StationLive } from '@/lib/protocol.gen'

/** never: not seen since the server began. unchecked: online, but no self-check came. */
export type Unheard = '' | 'never' | 'unchecked'

export function unheard(s: StationLive): Unheard {
  if (s.state === 'offline') return s.since_ms ? '' : 'never'
  return s.checks?.length ? '' : 'unchecked'
}

/** The worst part of a station that is there; of one that is offline its last check says nothing of now. */
export function stationLevel(s: StationLive): Level | undefined {
  if (s.state === 'offline') return undefined
  const seen = levelOf(s.checks)
  return s.state === 'fault' || s.faults.length ? 'red' : seen
}

const rank = (s: StationLive): number => {
  const level = stationLevel(s)
  if (level === 'red') return 0
  if (level === 'amber') return 1
  if (s.state === 'offline' && s.since_ms) return 2
  return unheard(s) ? 3 : 4
}

/** Stations in trouble: red, amber, gone, never heard of; within each the one with more broken parts first. */
export function troubled(stations: readonly StationLive[]): StationLive[] {
  return stations
    .filter((s) => rank(s) < 4)
    .sort((a, b) => rank(a) - rank(b) || troubles(b.checks).length - troubles(a.checks).length || a.id.localeCompare(b.id, 'en', { numeric: true }))
}
