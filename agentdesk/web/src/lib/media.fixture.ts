import { vi } from 'vitest'
import { Failure, type ErrorCode } from './failure'
import { MediaWindow, type MediaWindowOptions } from './media'
import type { MediaAnswer, MediaGrant } from './protocol.gen'

/** A connection that needs no network; the test says when it comes up or fails. */
export class Peer extends EventTarget {
  static all: Peer[] = []
  connectionState: RTCPeerConnectionState = 'new'
  iceConnectionState: RTCIceConnectionState = 'new'
  readonly described: string[] = []
  readonly iceGatheringState: RTCIceGatheringState = 'gathering' // for ever: nothing may wait for it
  localDescription: RTCSessionDescriptionInit | undefined
  remote: RTCSessionDescriptionInit | undefined
  onconnectionstatechange: (() => void) | null = null
  ontrack: (() => void) | null = null
  closed = false

  constructor() {
    super()
    Peer.all.push(this)
  }
  addTransceiver(): void {}
  /** by label */
  readonly channels = new Map<string, { onmessage?: (event: MessageEvent) => void }>()
  createDataChannel(label: string): object {
    this.channels.set(label, {})
    return this.channels.get(label)!
  }
  getTransceivers(): [] {
    return []
  }
  createOffer(o?: RTCOfferOptions): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: 'offer', sdp: o?.iceRestart ? 'restart' : 'v=0' })
  }
  setLocalDescription(d: RTCSessionDescriptionInit): Promise<void> {
    this.localDescription = d
    this.described.push(d.type === 'offer' ? d.sdp ?? '' : d.type)
    return Promise.resolve()
  }
  /** when media was last heard; the same again while none comes */
  mediaAt = 0
  bytes = 0
  getReceivers(): object[] {
    return [{ getSynchronizationSources: () => [{ timestamp: this.mediaAt }] }]
  }
  getStats(): Promise<Map<string, object>> {
    return Promise.resolve(new Map([['t', { type: 'transport', bytesReceived: this.bytes }]]))
  }
  setRemoteDescription(d: RTCSessionDescriptionInit): Promise<void> {
    this.remote = d
    return Promise.resolve()
  }
  close(): void {
    this.closed = true
  }
  become(state: 'connected' | 'disconnected' | 'failed'): void {
    this.connectionState = this.iceConnectionState = state
    this.dispatchEvent(new Event('iceconnectionstatechange'))
    this.onconnectionstatechange?.()
  }
}

export const grant = (token: string): MediaGrant => ({ token, layout: 1, max_kbps: 1000, codec: 'VP8' })
export const answer: MediaAnswer = { sdp: 'a' }

/** A window, and the tokens it offered; a string among the answers is the code that the exchange fails with. */
export function opened(answers: (MediaAnswer | ErrorCode)[], more: Partial<MediaWindowOptions> = {}): { media: MediaWindow; offered: string[] } {
  const offered: string[] = []
  const media = new MediaWindow({
    role: 'agent',
    exchange: ({ token }) => {
      offered.push(token)
      const next = answers.shift() ?? answer
      return typeof next === 'string' ? Promise.reject(new Failure(next)) : Promise.resolve(next)
    },
    ...more,
  })
  return { media, offered }
}

/** Fakes the browser's connections and the clock; finish() gives them back. */
export function begin(): void {
  Peer.all = []
  vi.stubGlobal('RTCPeerConnection', Peer)
  vi.stubGlobal('MediaStream', class {})
  vi.useFakeTimers()
}
export function finish(): void {
  vi.useRealTimers()
  vi.unstubAllGlobals()
}
