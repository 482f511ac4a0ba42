import type { ErrorCode } from '@/lib/failure'
import type { KioskState, StationState } from '@/lib/protocol.gen'
import type { Trouble } from './checks'

/** State of the page: the server's and the page's own, and a device that has no key yet. */
export type PageState = KioskState | 'enrol'

/** What the page knows beside the server's state. */
export interface Facts {
  server: StationState | undefined
  /** No key, or none that is good: the page asks for an enrolment code. */
  enrolling: boolean
  /** The self-check at boot runs. */
  checking: boolean
  /** The socket has been away long enough to say so. */
  cut: boolean
  /** Why the socket stopped for good, '' while it tries. */
  stopped: ErrorCode | ''
  /** The worst part that is off. */
  trouble: Trouble | undefined
  /** The 30 s ring before the wipe runs. */
  resetting: boolean
}

/** No resident is here: the server has no ticket of this station. */
export const quiet = (state: KioskState) => state === 'idle' || state === 'closed'
/** The first page, with whatever is said of a part that is off. */
export const onFirstPage = (view: PageState) => view === 'idle' || view === 'closed' || view === 'fault'

/** What is drawn below offline and reset: the page stays where it was. */
export function viewOf(facts: Facts): PageState {
  if (facts.enrolling) return 'enrol'
  if (facts.stopped !== '') return 'fault'
  const server = facts.server
  if (server === undefined || (facts.checking && quiet(server.state))) return 'boot'
  if (server.state === 'call' && server.capture !== undefined) return 'capture'
  // A missing document camera only takes capture away.
  if (server.state === 'idle' && facts.trouble !== undefined && facts.trouble !== 'document_camera_missing') return 'fault'
  return server.state
}

/** The state of the page as tests and board call it. */
export function stateOf(facts: Facts): PageState {
  const view = viewOf(facts)
  if (facts.enrolling || facts.stopped !== '') return view
  if (facts.cut) return 'offline'
  if (facts.resetting && (view === 'summary' || onFirstPage(view))) return 'reset'
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
