/** ms between two looks at what came in */
const lookEveryMS = 100
/** Looks with media in them, less those without, from which on a stop of it means something. */
const steadyLooks = 8
/** ms without media after which the transport is asked as well */
const doubtMS = 250
/** ms without media, the transport silent since the doubt, after which the path counts as lost */
const lostMS = 450

export interface SilenceOptions {
  /** Changes with all media that comes in; asked ten times a second. */
  media: () => number
  /** Changes with every packet that comes in, control packets too; asked only in doubt. */
  transport: () => Promise<number>
  /** A steady flow stopped; it may be nothing. */
  onDoubt: () => void
  /** Nothing comes in any more. Called once; media must flow steadily again before the next call. */
  onSilence: () => void
}

/**
 * Hears that a path was lost in half a second; ICE notices after five, and browsers tell of no change of address.
 * Only a steady flow that stops is heard: where media ends but control packets go on (the other one left, or the
 * gate was shut) the path is sound, and where nothing flowed nothing can be said.
 */
export class Silence {
  private timer: ReturnType<typeof setInterval> | undefined
  private flow = 0
  private armed = false
  private heard = 0
  /** performance.now() of the last look that found media */
  private heardMS = 0
  /** what the transport had received when the doubt came; undefined: no doubt */
  private doubt: Promise<number | undefined> | undefined
  private judging = false

  constructor(private readonly options: SilenceOptions) {}

  start(): void {
    this.stop()
    this.timer = setInterval(() => this.look(), lookEveryMS)
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
    this.disarm()
  }

  /** Media comes in steadily. */
  get flowing(): boolean {
    return this.armed && performance.now() - this.heardMS < doubtMS
  }

  private disarm(): void {
    this.armed = false
    this.flow = 0
    this.doubt = undefined
  }

  private look(): void {
    const now = performance.now()
    const heard = this.options.media()
    if (heard !== this.heard) {
      this.heard = heard
      this.heardMS = now
      this.doubt = undefined
      this.flow = Math.min(steadyLooks, this.flow + 1)
      this.armed ||= this.flow === steadyLooks
      return
    }
    const silentMS = now - this.heardMS
    if (!this.armed) this.flow = Math.max(0, this.flow - 1)
    else if (this.doubt === undefined) {
      if (silentMS < doubtMS) return
      this.doubt = this.received()
      this.options.onDoubt()
    } else if (silentMS >= lostMS && !this.judging) void this.judge(this.doubt)
  }

  /** Undefined once the connection is closed. */
  private received(): Promise<number | undefined> {
    return this.options.transport().catch(() => undefined)
  }

  private async judge(doubt: Promise<number | undefined>): Promise<void> {
    this.judging = true
    const [before, now] = await Promise.all([doubt, this.received()])
    this.judging = false
    if (this.doubt !== doubt) return // media came meanwhile, or it was stopped
    this.disarm()
    if (now !== undefined && now === before) this.options.onSilence()
  }
}
