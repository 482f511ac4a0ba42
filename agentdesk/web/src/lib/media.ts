import { Failure, type ErrorCode } from './failure'
import type { MediaAnswer, MediaGrant, MediaOffer, MediaReport, MediaRestart } from './protocol.gen'
import { Silence } from './silence'

/** Who opens the window: only mid 2 differs (station sends the document picture, agent receives it). */
export type MediaRole = 'station' | 'agent'

/** Layout 1 by mid (architecture 3). The order is the contract with the SFU; a ninth m-line is refused. */
export const mid = { audio: '0', video: '1', document: '2', thirdAudio: '3', thirdVideo: '4', supervisorAudio: '5', supervisorVideo: '6' } as const
export type Mid = (typeof mid)[keyof typeof mid]

/** Negotiated data channels of m-line 7. */
export const channelID = { control: 0, document: 1, form: 2 } as const
export type ChannelName = keyof typeof channelID

export type Outgoing = 'audio' | 'video' | 'document'

export interface LocalTracks {
  audio?: MediaStreamTrack | null
  video?: MediaStreamTrack | null
  /** station only */
  document?: MediaStreamTrack | null
}

export interface MediaWindowOptions {
  role: MediaRole
  /** Sends media.offer and gives the body of media.answer. */
  exchange: (offer: MediaOffer) => Promise<MediaAnswer>
  /** Sends media.restart and gives the body of media.answer. Without it a broken path is joined anew. */
  restart?: (restart: MediaRestart) => Promise<MediaAnswer>
  /** Remote tracks of one person share a stream; called at every change. */
  onStream?: (slot: Mid, stream: MediaStream) => void
  onState?: (state: WindowState) => void
  /** The path stalled: the socket may hang on the same network. Gives whether it still hears the server. */
  onTrouble?: () => Promise<boolean> | undefined
  /** The three channels of a new connection. They open later. */
  onChannels?: (channels: Record<ChannelName, RTCDataChannel>) => void
  /** Whether the socket is open; without it no offer is made. Default: always. */
  online?: () => boolean
}

/** closed: none. opening: offer made. open: connected. failed: waits for the next grant. */
export type WindowState = 'closed' | 'opening' | 'open' | 'failed'

/** What chips and media.report show; rates are between two calls of stats(). */
export interface MediaStats extends MediaReport {
  /** decoded frames of the other side's camera since it opened */
  framesDecoded: number
  /** total energy of the other side's voice since it opened */
  audioEnergy: number
  /** RTP packets that came in since it opened */
  packetsReceived: number
  frameWidth: number
  frameHeight: number
}

const noStats: MediaStats = {
  connected: false, rtt_ms: 0, loss_pct: 0, kbps_in: 0, kbps_out: 0, fps: 0,
  framesDecoded: 0, audioEnergy: 0, packetsReceived: 0, frameWidth: 0, frameHeight: 0,
}

interface Counters {
  offers: number
  answers: number
  /** ICE restarts answered on a standing connection; they are no offer of the layout */
  restarts: number
  stats?: () => Promise<MediaStats>
}

// Stories count one offer and one answer per participant and call, however often its path changed.
function counters(): Counters {
  const holder = globalThis as { __rw?: Counters }
  return (holder.__rw ??= { offers: 0, answers: 0, restarts: 0 })
}

/** Codes of an exchange that did not redeem the token: the server holds it still, the same grant is tried again. */
const unredeemed = new Set<ErrorCode>(['offline', 'timeout', 'network', 'rate', 'shutdown', 'slow'])
/** ms between two tries with one grant: doubles from the first to the last */
const firstRetryMS = 250
const lastRetryMS = 2_000

/** ms for which ICE may be disconnected until its path counts as lost */
const patienceMS = 1_000
/** ms between two restarts */
const restartEveryMS = 1_000
/** ms that a restart may take until connected; after that joining anew is quicker */
const restartBoundMS = 5_000
/** Silences with the socket sound that ask for a restart, and the ms after which they are forgotten. */
const idleSilences = 2
const silencesForgottenMS = 60_000
/** ms between two restarts that only a change of the browser's estimate asked for */
const estimateEveryMS = 10_000

/** The document camera goes out as a sharp, slow picture of at most this width. */
const documentWidth = 1280
const documentKbps = 1_500

/**
 * One participant's connection to the SFU: one offer, one answer, never renegotiated. follow() is called with each
 * state's grant and opens again only after the connection failed; a grant is kept for another try until the server
 * has taken or refused its token. A lost network path is renewed on the same connection (ICE restart, RFC 8445
 * section 2.4); only when that fails is the connection given up. Tracks may come, go and change at any time.
 */
export class MediaWindow {
  state: WindowState = 'closed'
  readonly streams = new Map<Mid, MediaStream>()
  channels: Record<ChannelName, RTCDataChannel> | undefined

  private pc: RTCPeerConnection | undefined
  private tracks: LocalTracks = {}
  private maxKbps = 0
  private held = Number.POSITIVE_INFINITY
  private muted: Record<Outgoing, boolean> = { audio: false, video: false, document: false }
  private usedToken = ''
  private grant: MediaGrant | undefined
  private misses = 0
  /** performance.now() before which no try is made */
  private notBeforeMS = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private last: { atMS: number; bytesIn: number; bytesOut: number; lost: number; received: number } | undefined
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
  private readonly silence = new Silence({
    media: () => lastMedia(this.pc),
    transport: () => bytesReceived(this.pc),
    // The path may heal by itself where the socket does not: a ping costs nothing.
    onDoubt: () => void this.options.onTrouble?.(),
    onSilence: () => void this.silent(),
  })
  /** Silences that only the media had, and performance.now() of the last. */
  private idle = 0
  private idleMS = Number.NEGATIVE_INFINITY

  constructor(private readonly options: MediaWindowOptions) {}

  /** The network may be another one, or the socket came back: renews the path of a standing connection. */
  renew(): void {
    if (this.pc === undefined || this.state !== 'open') return
    this.restartWanted = true
    void this.restart()
  }

  /** Uses the grant if no connection stands, and takes its max_kbps in any case. Call it with every state. */
  async follow(grant: MediaGrant | undefined): Promise<void> {
    this.grant = grant
    if (grant === undefined) return
    if (grant.max_kbps !== this.maxKbps) {
      this.maxKbps = grant.max_kbps
      void this.applyLimit()
    }
    if (this.state === 'opening' || this.state === 'open' || grant.token === this.usedToken) return
    const early = this.notBeforeMS - performance.now()
    if (early > 0 || !this.online()) this.later(Math.max(early, firstRetryMS))
    else await this.open(grant)
  }

  /** Ends the connection. Local tracks belong to the caller and go on. */
  close(): void {
    this.grant = undefined
    this.misses = this.notBeforeMS = 0
    this.tearDown()
    this.set('closed')
  }

  /** Sets what is sent; null takes a track away, undefined leaves it. Never renegotiates. */
  async use(tracks: LocalTracks): Promise<void> {
    for (const kind of ['audio', 'video', 'document'] as const) {
      const track = tracks[kind]
      if (track === undefined || this.tracks[kind] === track) continue
      this.tracks[kind] = track
      this.prepare(kind)
      await this.sender(kind)?.replaceTrack(track)
    }
    await this.applyLimit()
  }

  mute(kind: Outgoing, muted: boolean): void {
    this.muted[kind] = muted
    const track = this.tracks[kind]
    if (track) track.enabled = !muted
  }

  isMuted(kind: Outgoing): boolean {
    return this.muted[kind]
  }

  /** Holds the camera to kbps while a page is in flight (the page's SCTP sees no bandwidth estimate); Infinity ends it. */
  async hold(kbps: number): Promise<void> {
    this.held = kbps
    await this.applyLimit()
  }

  /** One reading; rates count from the reading before. */
  async stats(): Promise<MediaStats> {
    const pc = this.pc
    if (pc === undefined) return { ...noStats }
    const s: MediaStats = { ...noStats, connected: pc.connectionState === 'connected' }
    let bytesIn = 0
    let bytesOut = 0
    let lost = 0
    const all = await pc.getStats() as unknown as Map<string, Row>
    const pair = selectedPair(all)
    s.path = pathOf(all, pair)
    s.rtt_ms = Math.round(number(pair, 'currentRoundTripTime') * 10_000) / 10
    for (const r of all.values()) {
      const n = (key: string) => number(r, key)
      if (r.type === 'transport') {
        bytesIn += n('bytesReceived')
        bytesOut += n('bytesSent')
      } else if (r.type === 'inbound-rtp') {
        s.packetsReceived += n('packetsReceived')
        lost += Math.max(0, n('packetsLost'))
        if (r.kind === 'audio') s.audioEnergy += n('totalAudioEnergy')
        if (r.kind === 'video' && r.mid === mid.video) {
          s.framesDecoded = n('framesDecoded')
          s.fps = n('framesPerSecond')
          s.frameWidth = n('frameWidth')
          s.frameHeight = n('frameHeight')
        }
      }
    }
    const now = performance.now()
    if (this.last !== undefined && now > this.last.atMS) {
      const ms = now - this.last.atMS
      s.kbps_in = Math.round(((bytesIn - this.last.bytesIn) * 8) / ms)
      s.kbps_out = Math.round(((bytesOut - this.last.bytesOut) * 8) / ms)
      const sent = s.packetsReceived - this.last.received + (lost - this.last.lost)
      s.loss_pct = sent > 0 ? Math.max(0, Math.min(100, Math.round(((lost - this.last.lost) / sent) * 1000) / 10)) : 0
    }
    this.last = { atMS: now, bytesIn, bytesOut, lost, received: s.packetsReceived }
    return s
  }

  /** The part of stats() that media.report carries. */
  static report(s: MediaStats): MediaReport {
    return { connected: s.connected, rtt_ms: s.rtt_ms, loss_pct: s.loss_pct, kbps_in: s.kbps_in, kbps_out: s.kbps_out, fps: s.fps, path: s.path }
  }

  private async open(grant: MediaGrant): Promise<void> {
    this.tearDown()
    this.set('opening')
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' })
    this.pc = pc
    this.build(pc)
    pc.ontrack = (event) => {
      if (pc === this.pc) this.arrived(event.transceiver, event.track)
    }
    pc.onconnectionstatechange = () => {
      if (pc === this.pc) this.changed(pc)
    }
    this.listen(true)
    try {
      // Offered at once: the SFU uses no candidates of ours, it answers the checks that reach it.
      await pc.setLocalDescription(await pc.createOffer())
      if (pc !== this.pc) return
      grant = this.grant ?? grant // a newer state may have come meanwhile
      const answer = await this.redeem(grant.token, pc.localDescription?.sdp ?? '')
      if (pc !== this.pc) return
      counters().answers++
      this.misses = 0
      await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
      await this.applyLimit()
    } catch {
      if (pc !== this.pc) return
      this.fail()
      // A refused token is done with: the next state carries another grant.
      if (grant.token !== this.usedToken) this.missed()
    }
  }

  /** Offers with the token, which counts as used unless the server cannot have taken it. */
  private async redeem(token: string, sdp: string): Promise<MediaAnswer> {
    if (!this.online()) throw new Failure('offline', 'media.offer')
    const count = counters()
    count.offers++
    count.stats = () => this.stats()
    this.usedToken = token
    try {
      return await this.options.exchange({ token, sdp })
    } catch (error) {
      if (unredeemed.has(Failure.from(error).code) && this.usedToken === token) this.usedToken = ''
      throw error
    }
  }

  private missed(): void {
    const delay = Math.min(lastRetryMS, firstRetryMS * 2 ** Math.min(8, this.misses++))
    this.notBeforeMS = performance.now() + delay
    this.later(delay)
  }

  private later(delayMS: number): void {
    clearTimeout(this.retry)
    this.retry = setTimeout(() => void this.follow(this.grant), delayMS)
  }

  private online(): boolean {
    return this.options.online?.() ?? true
  }

  /** Layout 1, in the order of its m-lines. */
  private build(pc: RTCPeerConnection): void {
    const own = new MediaStream()
    for (const kind of ['audio', 'video', 'document'] as const) this.prepare(kind)
    pc.addTransceiver(this.tracks.audio ?? 'audio', { direction: 'sendrecv', streams: [own] })
    pc.addTransceiver(this.tracks.video ?? 'video', { direction: 'sendrecv', streams: [own], sendEncodings: [{ maxBitrate: this.limitKbps() * 1000 }] })
    if (this.options.role === 'station') {
      pc.addTransceiver(this.tracks.document ?? 'video', { direction: 'sendonly', streams: [new MediaStream()], sendEncodings: [{ maxBitrate: documentKbps * 1000 }] })
    } else {
      pc.addTransceiver('video', { direction: 'recvonly' })
    }
    for (const kind of ['audio', 'video', 'audio', 'video']) pc.addTransceiver(kind, { direction: 'recvonly' })
    const channel = (name: ChannelName) => {
      const c = pc.createDataChannel(name, { negotiated: true, id: channelID[name], ordered: true })
      c.binaryType = 'arraybuffer'
      return c
    }
    this.channels = { control: channel('control'), document: channel('document'), form: channel('form') }
    this.options.onChannels?.(this.channels)
  }

  private prepare(kind: Outgoing): void {
    const track = this.tracks[kind]
    if (!track) return
    track.enabled = !this.muted[kind]
    if (kind === 'document') track.contentHint = 'detail'
  }

  private arrived(transceiver: RTCRtpTransceiver, track: MediaStreamTrack): void {
    const slot = transceiver.mid as Mid | null
    if (slot === null) return
    // Voice and picture of one person play in one element, in step.
    const person: Mid = slot === mid.audio ? mid.video : slot === mid.thirdAudio ? mid.thirdVideo : slot === mid.supervisorAudio ? mid.supervisorVideo : slot
    const stream = this.streams.get(person) ?? new MediaStream()
    for (const old of stream.getTracks()) if (old.kind === track.kind && old !== track) stream.removeTrack(old)
    stream.addTrack(track)
    this.streams.set(person, stream)
    this.options.onStream?.(person, stream)
  }

  private changed(pc: RTCPeerConnection): void {
    clearTimeout(this.flap)
    if (pc.connectionState === 'connected') {
      this.silence.start()
      this.set('open')
    } else if (this.state !== 'open') {
      // It never came up, so there is no path to renew.
      if (pc.connectionState === 'failed') this.fail()
    } else if (pc.connectionState === 'failed') this.renew()
    else if (pc.connectionState === 'disconnected') {
      void this.options.onTrouble?.()
      // A short gap heals by itself.
      this.flap = setTimeout(() => {
        if (pc === this.pc && pc.connectionState === 'disconnected') this.renew()
      }, patienceMS)
    }
  }

  /**
   * Nothing comes in any more. Where the socket is lost too, the address changed: the restart waits for the new one.
   * Where it is not, the path may be the media's own (a lost NAT binding), or merely bad: not restarted for ever.
   */
  private async silent(): Promise<void> {
    const pc = this.pc
    if (pc === undefined || this.state !== 'open') return
    const before = lastMedia(pc)
    const sound = await this.options.onTrouble?.() ?? true
    if (pc !== this.pc || lastMedia(pc) !== before) return // it was a short gap
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
    const pc = this.pc
    if (pc === undefined || this.restarting || !this.restartWanted) return
    const exchange = this.options.restart
    if (exchange === undefined) {
      if (pc.connectionState !== 'connected') this.fail()
      return
    }
    clearTimeout(this.restartTimer)
    const early = this.restartedMS + restartEveryMS - performance.now()
    if (early > 0 || !this.online()) {
      this.restartTimer = setTimeout(() => void this.restart(), Math.max(early, firstRetryMS))
      return
    }
    this.restarting = true
    this.restartWanted = false
    this.restartedMS = performance.now()
    const bound = delay(restartBoundMS)
    try {
      await Promise.race([this.renegotiateICE(pc, ++this.turn, exchange), bound.passed])
      if (pc === this.pc) await settled(pc, bound.passed)
    } catch (error) {
      if (pc === this.pc) await this.notRestarted(pc, Failure.from(error).code)
    } finally {
      bound.end()
      this.restarting = false
      if (pc === this.pc) void this.restart()
    }
  }

  private async renegotiateICE(pc: RTCPeerConnection, turn: number, exchange: (restart: MediaRestart) => Promise<MediaAnswer>): Promise<void> {
    await pc.setLocalDescription(await pc.createOffer({ iceRestart: true }))
    if (pc !== this.pc || turn !== this.turn) return
    const answer = await exchange({ sdp: pc.localDescription?.sdp ?? '' })
    if (pc !== this.pc || turn !== this.turn) return
    counters().restarts++
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
    await this.applyLimit()
  }

  /** A restart that the server did not take: a path that works goes on, one that is lost is given up. */
  private async notRestarted(pc: RTCPeerConnection, code: ErrorCode): Promise<void> {
    this.turn++
    if (unredeemed.has(code) && !this.online()) {
      this.restartWanted = true // the socket went away meanwhile: asked again when it is back
    } else if (code === 'media_token' || pc.connectionState !== 'connected') {
      this.fail()
      return
    }
    try {
      await pc.setLocalDescription({ type: 'rollback' })
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
    if (this.pc?.connectionState === 'connected' && performance.now() - this.estimatedMS < estimateEveryMS) return
    this.estimatedMS = performance.now()
    this.renew()
  }

  private fail(): void {
    this.tearDown()
    this.set('failed')
  }

  private tearDown(): void {
    clearTimeout(this.flap)
    clearTimeout(this.retry)
    clearTimeout(this.restartTimer)
    this.restartWanted = false
    this.listen(false)
    this.silence.stop()
    const pc = this.pc
    this.pc = undefined
    this.channels = undefined
    this.last = undefined
    this.streams.clear()
    if (pc !== undefined) {
      pc.ontrack = pc.onconnectionstatechange = null
      pc.close()
    }
  }

  private set(state: WindowState): void {
    if (this.state === state) return
    this.state = state
    this.options.onState?.(state)
  }

  private sender(kind: Outgoing): RTCRtpSender | undefined {
    const index = kind === 'audio' ? 0 : kind === 'video' ? 1 : 2
    if (kind === 'document' && this.options.role !== 'station') return undefined
    return this.pc?.getTransceivers()[index]?.sender
  }

  private limitKbps(): number {
    return Math.max(30, Math.min(this.maxKbps || 2_500, this.held))
  }

  private async applyLimit(): Promise<void> {
    const limit = async (kind: Outgoing, kbps: number, scale: number) => {
      const sender = this.sender(kind)
      const parameters = sender?.getParameters()
      const encoding = parameters?.encodings?.[0]
      if (sender === undefined || parameters === undefined || encoding === undefined) return
      encoding.maxBitrate = kbps * 1000
      encoding.scaleResolutionDownBy = scale
      try {
        await sender.setParameters(parameters)
      } catch {
        // Between two descriptions a sender refuses; open() applies it again.
      }
    }
    await limit('video', this.limitKbps(), this.held < Number.POSITIVE_INFINITY ? 2 : 1)
    const width = this.tracks.document?.getSettings?.().width ?? documentWidth
    await limit('document', documentKbps, Math.max(1, width / documentWidth))
  }
}

/** One entry of getStats(). */
type Row = Record<string, unknown>

function number(row: Row | undefined, key: string): number {
  const value = row?.[key]
  return typeof value === 'number' ? value : 0
}

/** Changes with all media that comes in: the sum of the times at which the last of it was played. */
function lastMedia(pc: RTCPeerConnection | undefined): number {
  let sum = 0
  for (const receiver of pc?.getReceivers() ?? []) for (const source of receiver.getSynchronizationSources()) sum += source.timestamp
  return sum
}

/** Bytes that came in on the one transport, RTCP too, ICE's own checks not. */
async function bytesReceived(pc: RTCPeerConnection | undefined): Promise<number> {
  if (pc === undefined) return 0
  let sum = 0
  for (const row of (await pc.getStats() as unknown as Map<string, Row>).values()) if (row.type === 'transport') sum += number(row, 'bytesReceived')
  return sum
}

/** The pair that carries the media now: after a restart several stand nominated. */
function selectedPair(all: ReadonlyMap<string, Row>): Row | undefined {
  const rows = [...all.values()]
  const chosen = rows.find((r) => r.type === 'transport' && typeof r.selectedCandidatePairId === 'string')?.selectedCandidatePairId
  return all.get(String(chosen)) ?? rows.find((r) => r.type === 'candidate-pair' && r.nominated === true && r.state === 'succeeded')
}

/** "udp", "tcp" or "relay" of a pair, "" when unknown. */
export function pathOf(all: ReadonlyMap<string, Row>, pair: Row | undefined): string {
  const local = all.get(String(pair?.localCandidateId))
  const remote = all.get(String(pair?.remoteCandidateId))
  if (local?.candidateType === 'relay' || remote?.candidateType === 'relay') return 'relay'
  const protocol = local?.protocol ?? remote?.protocol
  return protocol === 'udp' || protocol === 'tcp' ? protocol : ''
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
