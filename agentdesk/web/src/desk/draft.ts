/** What the agent has written in wrap-up so far; a reloaded page still has it, a finished ticket leaves none. */
import { dispositionValues, nextStepValues, type Disposition, type EndReason, type NextStep } from '@/lib/protocol.gen'

export interface Draft {
  disposition: Disposition
  nextStep: NextStep
  note: string
}

export const longestNote = 2000
/** Dispositions in the order of keys 1–9. */
export const dispositions = dispositionValues.filter((d) => d !== '')
export const nextSteps = nextStepValues.filter((n) => n !== '')

const prefix = 'rw.desk.draft.'
const ownerKey = 'rw.desk.draft-of'
const key = (ticket: string): string => prefix + ticket

/** Disposition of a bare key 1–9, or undefined. */
export function dispositionOfKey(k: string): Disposition | undefined {
  return /^[1-9]$/.test(k) ? dispositions[Number(k) - 1] : undefined
}

/** The next step that a disposition suggests; none before one is chosen. */
export function nextStepOf(d: Disposition): NextStep {
  switch (d) {
    case '':
      return ''
    case 'accepted':
    case 'consulted':
    case 'refused':
    case 'mistake':
      return 'close'
    default:
      return 'follow'
  }
}

/** The next step after the disposition changed: what the agent chose against the suggestion stays. */
export function nextStepAfter(step: NextStep, before: Disposition, d: Disposition): NextStep {
  return step === nextStepOf(before) || step === '' ? nextStepOf(d) : step
}

/** Where wrap-up begins: a call that was cut is 断线未完, to be called back, unless the agent knows better. */
export function firstDraft(ended: EndReason | undefined): Draft {
  const disposition = ended === 'lost' || ended === 'revoked' ? 'disconnected' : ''
  return { disposition, nextStep: nextStepOf(disposition), note: '' }
}

export function loadDraft(ticket: string, ended: EndReason | undefined, store: Storage = sessionStorage): Draft {
  const first = firstDraft(ended)
  try {
    const kept = JSON.parse(store.getItem(key(ticket)) ?? '{}') as Partial<Draft>
    const disposition = dispositions.find((d) => d === kept.disposition) ?? first.disposition
    return {
      disposition,
      nextStep: nextSteps.find((n) => n === kept.nextStep) ?? nextStepOf(disposition),
      note: typeof kept.note === 'string' ? kept.note.slice(0, longestNote) : '',
    }
  } catch {
    return first
  }
}

export function saveDraft(ticket: string, draft: Draft, store: Storage = sessionStorage): void {
  store.setItem(key(ticket), JSON.stringify(draft))
}

export function dropDraft(ticket: string, store: Storage = sessionStorage): void {
  store.removeItem(key(ticket))
}

/** Forgets what was written of every ticket: the agent signs out. */
export function wipeDrafts(store: Storage = sessionStorage): void {
  for (const k of Array.from({ length: store.length }, (_, i) => store.key(i))) if (k?.startsWith(prefix)) store.removeItem(k)
  store.removeItem(ownerKey)
}

/** Keeps drafts for this agent only: what another one left behind, also one whose session just ran out, is wiped. */
export function claimDrafts(agent: string, store: Storage = sessionStorage): void {
  if (store.getItem(ownerKey) !== agent) wipeDrafts(store)
  store.setItem(ownerKey, agent)
}
