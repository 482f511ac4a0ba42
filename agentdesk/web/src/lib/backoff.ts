/** Full jitter: anywhere between 0 and the doubling cap, so that 31 kiosks do not come back in one second. */
export const firstCapMS = 500
export const lastCapMS = 8_000

/** Delay before try number attempt (1 = the first after a loss), ms. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const cap = Math.min(lastCapMS, firstCapMS * 2 ** Math.min(10, Math.max(0, attempt - 1)))
  return Math.round(random() * cap)
}
