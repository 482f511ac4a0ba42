/** What an explanation of the queue says, group by group; the sentences are in the texts. Pure. */
import type { WhyView } from '@/lib/protocol.gen'

/** Those who share one reason. */
export interface Reason {
  because: string
  names: string[]
}

/** One entry a reason, in the order in which each reason first comes. */
function grouped<T extends { because: string }>(list: readonly T[] | null | undefined, name: (item: T) => string): Reason[] {
  const reasons = new Map<string, Reason>()
  for (const item of list ?? []) {
    const known = reasons.get(item.because)
    if (known) known.names.push(name(item))
    else reasons.set(item.because, { because: item.because, names: [name(item)] })
  }
  return [...reasons.values()]
}

/** Agents who were not chosen, by reason. */
export const passedOver = (w: WhyView): Reason[] => grouped(w.agents, (a) => a.name || a.id)

/** Tickets that stood before and were not given, by reason; gone stands for one that has no number any more. */
export const keptWaiting = (w: WhyView, gone: string): Reason[] => grouped(w.ahead, (a) => a.number || gone)

/** More stood ahead than are listed. */
export const moreAhead = (w: WhyView): boolean => w.ahead_n > (w.ahead ?? []).length
