import type { MediaReport } from './protocol.gen'
import { mid } from './media-layout'

/** What chips and media.report show; rates are between two readings. */
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

/** Of no connection. */
export const noStats: Readonly<MediaStats> = {
  connected: false, rtt_ms: 0, loss_pct: 0, kbps_in: 0, kbps_out: 0, fps: 0,
  framesDecoded: 0, audioEnergy: 0, packetsReceived: 0, frameWidth: 0, frameHeight: 0,
}

/** What one connection carries, by its getStats(). */
export class Traffic {
  private before: { atMS: number; bytesIn: number; bytesOut: number; lost: number; received: number } | undefined

  constructor(private readonly pc: RTCPeerConnection) {}

  /** One reading; rates count from the reading before. */
  async read(): Promise<MediaStats> {
    const pc = this.pc
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
    if (this.before !== undefined && now > this.before.atMS) {
      const ms = now - this.before.atMS
      s.kbps_in = Math.round(((bytesIn - this.before.bytesIn) * 8) / ms)
      s.kbps_out = Math.round(((bytesOut - this.before.bytesOut) * 8) / ms)
      const sent = s.packetsReceived - this.before.received + (lost - this.before.lost)
      s.loss_pct = sent > 0 ? Math.max(0, Math.min(100, Math.round(((lost - this.before.lost) / sent) * 1000) / 10)) : 0
    }
    this.before = { atMS: now, bytesIn, bytesOut, lost, received: s.packetsReceived }
    return s
  }
}

/** The part of a reading that media.report carries. */
export function reportOf(s: MediaStats): MediaReport {
  return { connected: s.connected, rtt_ms: s.rtt_ms, loss_pct: s.loss_pct, kbps_in: s.kbps_in, kbps_out: s.kbps_out, fps: s.fps, path: s.path }
}

/** One entry of getStats(). */
type Row = Record<string, unknown>

function number(row: Row | undefined, key: string): number {
  const value = row?.[key]
  return typeof value === 'number' ? value : 0
}

/** Changes with all media that comes in: the sum of the times at which the last of it was played. */
export function lastMedia(pc: RTCPeerConnection): number {
  let sum = 0
  for (const receiver of pc.getReceivers()) for (const source of receiver.getSynchronizationSources()) sum += source.timestamp
  return sum
}

/** Bytes that came in on the one transport, RTCP too, ICE's own checks not. */
export async function bytesReceived(pc: RTCPeerConnection): Promise<number> {
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
