import { Failure, type ErrorCode } from './failure'
import { channelID, mid, type ChannelName, type LocalTracks, type MediaRole, type Mid, type Outgoing } from './media-layout'
import { MediaPath } from './media-path'
import { noStats, reportOf, Traffic, type MediaStats } from './media-stats'
import type { MediaAnswer, MediaGrant, MediaOffer, MediaRestart } from './protocol.gen'

export { mid, type LocalTracks, type MediaRole, type Mid, type Outgoing } from './media-layout'
export type { MediaStats } from './media-stats'

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
  private path: MediaPath | undefined
  private traffic: Traffic | undefined

  constructor(private readonly options: MediaWindowOptions) {}

  /** The socket came back, perhaps over another network: renews the path of a standing connection that is silent. */
  renew(): void {
    if (this.state === 'open') this.path?.reached()
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
    return (await this.traffic?.read()) ?? { ...noStats }
  }

  /** The part of stats() that media.report carries. */
  static readonly report = reportOf

  private async open(grant: MediaGrant): Promise<void> {
    this.tearDown()
    this.set('opening')
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' })
    this.pc = pc
    this.traffic = new Traffic(pc)
    this.path = new MediaPath(pc, {
      restart: this.options.restart,
      online: () => this.online(),
      onTrouble: () => this.options.onTrouble?.(),
      onRestart: () => {
        counters().restarts++
        void this.applyLimit()
      },
      onLost: () => this.fail(),
    })
    this.build(pc, this.path)
    pc.ontrack = (event) => {
      if (pc === this.pc) this.arrived(event.transceiver, event.track)
    }
    pc.onconnectionstatechange = () => {
      if (pc === this.pc) this.changed(pc)
    }
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
  private build(pc: RTCPeerConnection, path: MediaPath): void {
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
    this.channels.control.onmessage = (event: MessageEvent) => path.notice(event.data)
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
    // It never came up: there is no path to renew.
    if (pc.connectionState === 'failed' && this.state !== 'open') this.fail()
    else {
      this.path?.changed()
      if (pc.connectionState === 'connected') this.set('open')
    }
  }

  private fail(): void {
    this.tearDown()
    this.set('failed')
  }

  private tearDown(): void {
    clearTimeout(this.retry)
    this.path?.end()
    const pc = this.pc
    this.pc = undefined
    this.path = this.traffic = this.channels = undefined
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
