/** What the checklist of a call says: pure derivations from the call's view. */
import type { CallView, PageView, Side, SlotView, Verdict } from '@/lib/protocol.gen'

/** One side of one slot, where a page belongs. */
export interface Place {
  slot: string
  side: Side
}

/** Newest page of a place, or undefined. Pages come oldest first. */
export function newestPage(call: CallView, place: Place): PageView | undefined {
  return call.pages.filter((p) => p.slot === place.slot && p.side === place.side).at(-1)
}

/**
 * Verdict on a whole slot. The server keeps the one spoken last, on whatever page; a slot with two
 * sides has passed only when the newest page of each side has.
 */
export function slotVerdict(call: CallView, slot: SlotView): Verdict {
  if (slot.verdict === 'not_applicable') return 'not_applicable'
  const newest = slot.sides.map((side) => newestPage(call, { slot: slot.id, side })?.verdict)
  if (newest.length > 0 && newest.every((v) => v === 'passed')) return 'passed'
  return newest.includes('retake') ? 'retake' : ''
}

function settled(call: CallView, slot: SlotView): boolean {
  const v = slotVerdict(call, slot)
  return v === 'passed' || v === 'not_applicable'
}

/** How many slots are needed (all but 不适用), and how many of them passed. */
export function progress(call: CallView): { passed: number; needed: number } {
  const verdicts = call.slots.map((s) => slotVerdict(call, s)).filter((v) => v !== 'not_applicable')
  return { passed: verdicts.filter((v) => v === 'passed').length, needed: verdicts.length }
}

/** Titles of the slots still open, in order. */
export function missing(call: CallView): string[] {
  return call.slots.filter((s) => !settled(call, s)).map((s) => s.title)
}

/** A slot that stands in the way of an acceptance, and why. */
export interface OpenSlot {
  title: string
  /** no page of some side; a page nobody judged; a page to be shot again */
  is: 'missing' | 'judging' | 'retake'
}

/** The slots that have not passed, in order. */
export function openSlots(call: CallView): OpenSlot[] {
  return call.slots.filter((s) => !settled(call, s)).map((s) => {
    const newest = s.sides.map((side) => newestPage(call, { slot: s.id, side }))
    if (newest.some((p) => p?.verdict === 'retake')) return { title: s.title, is: 'retake' }
    return { title: s.title, is: newest.some((p) => p && !p.verdict) ? 'judging' : 'missing' }
  })
}

/**
 * The place to ask for next: from the slot in view onwards the first side without a page, or with
 * one to be shot again; the last side of the slot in view when nothing is missing.
 */
export function nextPlace(call: CallView, from?: string): Place | undefined {
  const start = Math.max(0, call.slots.findIndex((s) => s.id === from))
  const order = [...call.slots.slice(start), ...call.slots.slice(0, start)]
  for (const slot of order) {
    if (slot.verdict === 'not_applicable') continue
    for (const side of slot.sides) {
      const page = newestPage(call, { slot: slot.id, side })
      if (!page || page.verdict === 'retake') return { slot: slot.id, side }
    }
  }
  const slot = order[0]
  const side = slot?.sides.at(-1)
  return slot && side ? { slot: slot.id, side } : undefined
}

/** Pages in the order of the checklist, then of the shot: what the strip shows. */
export function strip(call: CallView): PageView[] {
  const rank = new Map(call.slots.map((s, i) => [s.id, i]))
  const sides: Side[] = ['front', 'back', 'page']
  return [...call.pages].sort(
    (a, b) =>
      (rank.get(a.slot) ?? rank.size) - (rank.get(b.slot) ?? rank.size) ||
      sides.indexOf(a.side) - sides.indexOf(b.side) ||
      a.at_ms - b.at_ms,
  )
}

/** Which shot of its place a page is, from 1. */
export function shotNumber(call: CallView, page: PageView): number {
  return call.pages.filter((p) => p.slot === page.slot && p.side === page.side && p.at_ms <= page.at_ms).length
}

export type ResidentScreen = 'ended' | 'lost' | 'connecting' | 'shooting' | 'laying' | 'talking'

/** What the resident's screen shows now, as a key of the words. */
export function residentScreen(call: CallView): ResidentScreen {
  if (call.ended_ms) return 'ended'
  if (call.station_lost) return 'lost'
  if (!call.connected_ms && !call.gate_open) return 'connecting'
  if (call.capture?.shooting) return 'shooting'
  if (call.capture) return 'laying'
  return 'talking'
}
