import type { ErrorCode } from '@/lib/failure'
import type { Fault, KioskState, StationState } from '@/lib/protocol.gen'

/** What the page knows beside the server's state. */
export interface Facts {
  server: StationState | undefined
  /** The socket has been away long enough to say so. */
  cut: boolean
  /** Why the socket stopped for good, '' while it tries. */
  stopped: ErrorCode | ''
  faults: readonly Fault[]
  /** The 30 s ring before the wipe runs. */
  resetting: boolean
}

/** Faults that change the first page; a missing document camera only takes capture away. */
const facing: readonly Fault[] = ['camera_denied', 'camera_missing', 'mic_missing']

/** What is drawn below offline and reset: the page stays where it was. */
export function viewOf(facts: Facts): KioskState {
  if (facts.stopped !== '') return 'fault'
  const server = facts.server
  if (server === undefined) return 'boot'
  if (server.state === 'call' && server.capture !== undefined) return 'capture'
  if (server.state === 'idle' && facts.faults.some((f) => facing.includes(f))) return 'fault'
  return server.state
}

/** The state of the page as tests and board call it. */
export function stateOf(facts: Facts): KioskState {
  const view = viewOf(facts)
  if (facts.stopped !== '') return view
  if (facts.cut) return 'offline'
  if (view === 'summary' && facts.resetting) return 'reset'
  return view
}

/** Media is wanted from the press to the end of the call. */
export function wantsMedia(state: KioskState): boolean {
  return state === 'waiting' || state === 'ringing' || state === 'call' || state === 'capture'
}

/** Whole minutes of a wait band; undefined when the server is not sure. */
export function band(lowMS: number, highMS: number): { low: number; high: number } | undefined {
  if (highMS <= 0) return undefined
  const high = Math.max(1, Math.ceil(highMS / 60_000))
  return { low: Math.min(high, Math.max(1, Math.floor(lowMS / 60_000))), high }
}
