/** Server time in the page: counts and rings use it, so a wrong kiosk clock shows no wrong wait. */
export class ServerClock {
  private best = { offset: 0, rtt: Number.POSITIVE_INFINITY, at: 0 }

  constructor(private readonly local: () => number = Date.now) {}

  /** A reading of the server's clock that took rttMS; of the last minute the quickest counts. */
  sync(serverMS: number, rttMS = 1000): void {
    const at = this.local()
    // A reading that the old offset cannot explain: one of the two clocks was set.
    const jumped = Math.abs(serverMS + rttMS / 2 - at - this.best.offset) > rttMS + this.best.rtt + 1_000
    if (rttMS <= this.best.rtt || jumped || at - this.best.at > 60_000) {
      this.best = { offset: serverMS + rttMS / 2 - at, rtt: rttMS, at }
    }
  }

  /** unix ms as the server counts them */
  now(): number {
    return this.local() + this.best.offset
  }

  get offsetMS(): number {
    return this.best.offset
  }
}
