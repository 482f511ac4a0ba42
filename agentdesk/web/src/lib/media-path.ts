import { Failure, type ErrorCode } from './failure'
import { movedNotice } from './media-layout'
import { bytesReceived, lastMedia } from './media-stats'
import type { MediaAnswer, MediaRestart } from './protocol.gen'
import { Silence } from './silence'

export interface MediaPathOptions {
  /** Sends media.restart and gives the body of media.answer. Without it a broken path is lost. */
  restart: ((restart: MediaRestart) => Promise<MediaAnswer>) | undefined
  /** Whether the socket is open. */
  online: () => boolean
  /** The path stalled or moved: the socket may hang on the same network. Gives whether it still hears the server. */
  onTrouble: () => Promise<boolean> | undefined
  /** A restart was answered and applied. */
  onRestart: () => void
  /** There is no way back for this connection. */
  onLost: () => void
}

/** ms for which ICE may be disconnected until its path counts as lost */
const patienceMS = 1_000
/** ms between two restarts */
const restartEveryMS = 1_000
/** ms after which a restart that waits for the socket looks again */
const againMS = 250
/** ms that a restart may take until connected; after that joining anew is quicker */
const restartBoundMS = 5_000
/** Silences with the socket sound that ask for a restart, and the ms after which they are forgotten. */
const idleSilences = 2
const silencesForgottenMS = 60_000
/** ms between two restarts that only a change of the browser's estimate asked for */
const estimateEveryMS = 10_000

/** Codes of a restart that the server may not have seen. */
const unseen = new Set<ErrorCode>(['offline', 'timeout', 'network', 'rate', 'shutdown', 'slow'])

/**
 * The network path of one connection and the ways back when it is lost. A change of address heals in the SFU: it
 * follows our media, and all that is left to do here is to ask the socket. What does not heal is renewed on the same
 * connection (ICE restart, RFC 8445 section 2.4) as soon as there is a socket to ask over.
 */
export class MediaPath {
  private ended = false
  /** It stood once; before that there is nothing to renew. */
  private stood = false
  private flap: ReturnType<typeof setTimeout> | undefined
  private restarting = false
  /** Counts restarts: the late answer of one that was given up must not meet the next. */
  private turn = 0
  /** A restart that was asked for while another ran, or while the socket was away. */
  private restartWanted = false
  private restartTimer: ReturnType<typeof setTimeout> | undefined
  /** performance.now() at which the last restart began, and the last one that only an estimate asked for */
  private restartedMS = Number.NEGATIVE_INFINITY
  private estimatedMS = Number.NEGATIVE_INFINITY
  private readonly silence: Silence
  /** Silences that only the media had, and performance.now() of the last. */
  private idle = 0
  private idleMS = Number.NEGATIVE_INFINITY

  constructor(private readonly pc: RTCPeerConnection, private readonly options: MediaPathOptions) {
    this.silence = new Silence({
      media: () => lastMedia(pc),
      transport: () => bytesReceived(pc),
      // The path may heal by itself where the socket does not: a ping costs nothing.
      onDoubt: () => void this.options.onTrouble(),
      onSilence: () => void this.silent(),
    })
    this.listen(true)
  }

  /** Nothing happens any more. The connection belongs to the caller. */
  end(): void {
    this.ended = true
    clearTimeout(this.flap)
    clearTimeout(this.restartTimer)
    this.listen(false)
    this.silence.stop()
  }

  /** The connection's state is another one. */
  changed(): void {
    clearTimeout(this.flap)
    const state = this.pc.connectionState
    if (state === 'connected') {
      this.stood = true
      this.silence.start()
    } else if (!this.stood) return
    else if (state === 'failed') this.renew()
    else if (state === 'disconnected') {
      void this.options.onTrouble()
      // A short gap heals by itself.
      this.flap = setTimeout(() => {
        if (this.pc.connectionState === 'disconnected') this.renew()
      }, patienceMS)
    }
  }

  /** The server can be reached again. Over a path where media flows nothing is gained by another. */
  reached(): void {
    if (!this.silence.flowing) this.renew()
  }

  /** What the SFU said over control. Media found its way by itself; the socket has to be asked. */
  notice(text: unknown): void {
    if (text === movedNotice) void this.options.onTrouble()
  }

  private renew(): void {
    if (!this.stood) return
    this.restartWanted = true
    void this.restart()
  }

  /**
   * Nothing comes in any more. Where the socket is lost too, the address changed: the restart waits for the new one.
   * Where it is not, the path may be the media's own (a lost NAT binding), or merely bad: not restarted for ever.
   */
  private async silent(): Promise<void> {
    const before = lastMedia(this.pc)
    const sound = await this.options.onTrouble() ?? true
    if (this.ended || lastMedia(this.pc) !== before) return // it was a short gap
    if (sound) {
      const now = performance.now()
      if (now - this.idleMS > silencesForgottenMS) this.idle = 0
      this.idleMS = now
      if (++this.idle > idleSilences) return // ICE itself will tell
    }
    this.renew()
  }

  /** One restart at a time, and at most one a second; what is asked for meanwhile is one more afterwards. */
  private async restart(): Promise<void> {
    if (this.ended || this.restarting || !this.restartWanted) return
    const exchange = this.options.restart
    if (exchange === undefined) {
      if (this.pc.connectionState !== 'connected') this.options.onLost()
      return
    }
    clearTimeout(this.restartTimer)
    const early = this.restartedMS + restartEveryMS - performance.now()
    if (early > 0 || !this.options.online()) {
      this.restartTimer = setTimeout(() => void this.restart(), Math.max(early, againMS))
      return
    }
    this.restarting = true
    this.restartWanted = false
    this.restartedMS = performance.now()
    const bound = delay(restartBoundMS)
    try {
      await Promise.race([this.renegotiateICE(++this.turn, exchange), bound.passed])
      if (!this.ended) await settled(this.pc, bound.passed)
    } catch (error) {
      if (!this.ended) await this.notRestarted(Failure.from(error).code)
    } finally {
      bound.end()
      this.restarting = false
      void this.restart()
    }
  }

  private async renegotiateICE(turn: number, exchange: (restart: MediaRestart) => Promise<MediaAnswer>): Promise<void> {
    await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart: true }))
    if (this.ended || turn !== this.turn) return
    const answer = await exchange({ sdp: this.pc.localDescription?.sdp ?? '' })
    if (this.ended || turn !== this.turn) return
    await this.pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
    this.options.onRestart()
  }

  /** A restart that the server did not take: a path that works goes on, one that is lost is given up. */
  private async notRestarted(code: ErrorCode): Promise<void> {
    this.turn++
    if (unseen.has(code) && !this.options.online()) {
      this.restartWanted = true // the socket went away meanwhile: asked again when it is back
    } else if (code === 'media_token' || this.pc.connectionState !== 'connected') {
      this.options.onLost()
      return
    }
    try {
      await this.pc.setLocalDescription({ type: 'rollback' })
    } catch {
      // Stable already: the answer came, only the path did not.
    }
  }

  private listen(on: boolean): void {
    const connection = (globalThis.navigator as { connection?: EventTarget } | undefined)?.connection
    const how = on ? 'addEventListener' : 'removeEventListener'
    if (typeof window !== 'undefined') window[how]('online', this.onOnline)
    connection?.[how]?.('change', this.onEstimate)
  }

  private readonly onOnline = (): void => this.renew()

  /** Browsers tell of a new estimate by the same event as of a new network: those are let through now and then. */
  private readonly onEstimate = (): void => {
    if (this.pc.connectionState === 'connected' && performance.now() - this.estimatedMS < estimateEveryMS) return
    this.estimatedMS = performance.now()
    this.renew()
  }
}

/** Rejects with timeout after ms, unless it was ended. */
function delay(ms: number): { passed: Promise<never>; end: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failure('timeout', 'media.restart')), ms)
  })
  passed.catch(() => undefined)
  return { passed, end: () => clearTimeout(timer) }
}

/** Resolves once ICE stands. @throws what bound throws */
async function settled(pc: RTCPeerConnection, bound: Promise<never>): Promise<void> {
  const stands = () => pc.iceConnectionState === 'connected' || pc.iceConnectionState === 'completed'
  let stop = () => {}
  const up = new Promise<void>((resolve) => {
    const check = () => {
      if (stands() || pc.iceConnectionState === 'closed') resolve()
    }
    pc.addEventListener('iceconnectionstatechange', check)
    stop = () => pc.removeEventListener('iceconnectionstatechange', check)
    check()
  })
  try {
    await Promise.race([up, bound])
  } finally {
    stop()
  }
}
