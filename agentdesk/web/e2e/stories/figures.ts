// Times that a story measures. They are always printed and judged only where
// they mean something: on a quiet machine, by `make ways` (RW_GATE=1).
import { expect } from '@playwright/test'

const bound = 2_000

/** Prints how long it took each time, in ms, and with RW_GATE=1 holds the p95 to 2 s. */
export function backWithin(what: string, ms: number[]): void {
  expect(ms.length, what).toBeGreaterThan(0)
  const sorted = [...ms].sort((a, b) => a - b)
  // Nearest rank: with few figures the p95 is the largest.
  const rank = (part: number) => sorted[Math.ceil(part * sorted.length) - 1]!
  console.log(`back after ${what}: n ${sorted.length}  p50 ${rank(0.5)} ms  p95 ${rank(0.95)} ms  max ${sorted.at(-1)} ms`)
  if (process.env.RW_GATE === '1') expect(rank(0.95), `p95 of ${what}, ms`).toBeLessThanOrEqual(bound)
}
