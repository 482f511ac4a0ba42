/** Rest of a page that nobody touches, ms; then the ring of 30 s in which one touch extends it. */
export const restMS = 60_000
export const ringMS = 30_000

/** Where a page stands that nobody touched for untouchedMS: quiet, ring with what is left of it, or over. */
export function restOf(untouchedMS: number): { at: 'quiet' | 'ring' | 'over'; leftMS: number } {
  if (untouchedMS < restMS) return { at: 'quiet', leftMS: restMS + ringMS - untouchedMS }
  const leftMS = Math.max(0, restMS + ringMS - untouchedMS)
  return { at: leftMS > 0 ? 'ring' : 'over', leftMS }
}

/** ms between two self-checks of a kiosk where nobody is. */
export const checkEveryMS = 15 * 60_000
/** ms between two self-checks that a change of devices asks for. */
export const checkAgainMS = 5_000
/** Checks in a row for changes sooner than that: a headset that changes when it is opened must not keep the camera on. */
export const earlyChecks = 3
