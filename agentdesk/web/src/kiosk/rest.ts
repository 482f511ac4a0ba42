import { computed, ref } from 'vue'

/** Rest of a page that nobody touches, ms; then the ring of 30 s in which one touch extends it. */
export const restMS = 60_000
export const ringMS = 30_000

/** Where a page stands that nobody touched for untouchedMS: quiet, ring with what is left of it, or over. */
export function restOf(untouchedMS: number): { at: 'quiet' | 'ring' | 'over'; leftMS: number } {
  if (untouchedMS < restMS) return { at: 'quiet', leftMS: restMS + ringMS - untouchedMS }
  const leftMS = Math.max(0, restMS + ringMS - untouchedMS)
  return { at: leftMS > 0 ? 'ring' : 'over', leftMS }
}

/** How long nobody has touched the page, by the clock that nobody can set, and the ring that comes of it. */
export function useRest(onOver: () => void) {
  let touchedMS = performance.now()
  const untouched = ref(0)
  const ringing = ref(false)

  return {
    /** ms since the last touch, as of the last tick */
    untouched,
    /** The ring before the wipe runs. */
    ringing,
    leftMS: computed(() => restOf(untouched.value).leftMS),

    /** Any touch: the rest before the ring begins anew. */
    touched(): void {
      touchedMS = performance.now()
      untouched.value = 0
      ringing.value = false
    },

    /** Call it twice a second; rests: the page is one that somebody may have left. */
    tick(monotonicMS: number, rests: () => boolean): void {
      untouched.value = monotonicMS - touchedMS
      if (!rests()) {
        ringing.value = false
        return
      }
      const { at } = restOf(untouched.value)
      ringing.value = at !== 'quiet'
      if (at === 'over') onOver()
    },
  }
}
