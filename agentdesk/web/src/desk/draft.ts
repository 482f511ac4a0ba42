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

const key = (ticket: string): string => `rw.desk.draft.${ticket}`

/** Disposition of a bare key 1–9, or undefined. */
export function dispositionOfKey(k: string): Disposition | undefined {
  return /^[1-9]$/.test(k) ? dispositions[Number(k) - 1] : undefined
}

/** Where wrap-up begins: a call that was cut is 断线未完 unless the agent knows better. */
export function firstDraft(ended: EndReason | undefined): Draft {
  return { disposition: ended === 'lost' ? 'disconnected' : '', nextStep: 'close', note: '' }
}

export function loadDraft(ticket: string, ended: EndReason | undefined, store: Storage = sessionStorage): Draft {
  const first = firstDraft(ended)
  try {
    const kept = JSON.parse(store.getItem(key(ticket)) ?? '{}') as Partial<Draft>
    return {
      disposition: dispositions.find((d) => d === kept.disposition) ?? first.disposition,
      nextStep: nextSteps.find((n) => n === kept.nextStep) ?? first.nextStep,
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
