import { fromHex, toHex } from './bytes'
import { Failure } from './failure'

// Framing of a captured page on the document channel; sfu/capture is its twin and the test vectors are shared.

export const headerBytes = 22
/** Longest message we send. */
export const messageBytes = 16_384
/** Longest message anyone may send. */
export const maxMessageBytes = 61_440
export const chunkBytes = messageBytes - headerBytes
export const maxPageBytes = 20 << 20
export const maxThumbBytes = 64 << 10
const version = 1

export const kind = { offer: 1, have: 2, thumb: 3, chunk: 4, ack: 5, done: 6, refuse: 7, cancel: 8 } as const
export type Kind = (typeof kind)[keyof typeof kind]

export interface Frame {
  kind: Kind
  /** 32 hex digits */
  id: string
  number: number
  payload: Uint8Array
}

/** JSON of kind offer. */
export interface Offer {
  sha256: string
  size: number
  mime: 'image/jpeg' | 'image/png'
  width: number
  height: number
  slot: string
  side: string
  /** id of the agent's request (CaptureView.id) */
  request: string
  /** variance of Laplacian as the kiosk measured it */
  sharp: number
  thumb_size: number
}

/** What we need of an RTCDataChannel. */
export interface Channel {
  readonly readyState: string
  readonly bufferedAmount: number
  bufferedAmountLowThreshold: number
  send(data: Uint8Array<ArrayBuffer>): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
  addEventListener(type: 'open' | 'close' | 'bufferedamountlow', listener: () => void): void
  removeEventListener(type: string, listener: (event: MessageEvent) => void): void
}

/** A new document id. */
export function newID(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)))
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

export function encode(frame: Frame): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(headerBytes + frame.payload.length)
  out[0] = version
  out[1] = frame.kind
  out.set(fromHex(frame.id), 2)
  new DataView(out.buffer).setUint32(18, frame.number)
  out.set(frame.payload, headerBytes)
  return out
}

/** @throws Failure bad_frame, too_large */
export function decode(data: ArrayBuffer | Uint8Array): Frame {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data)
  if (bytes.length > maxMessageBytes) throw new Failure('too_large', `${bytes.length} bytes`)
  if (bytes.length < headerBytes) throw new Failure('bad_frame', 'shorter than its header')
  if (bytes[0] !== version) throw new Failure('bad_frame', `version ${bytes[0]}`)
  const k = bytes[1] as Kind
  if (k < kind.offer || k > kind.cancel) throw new Failure('bad_frame', `kind ${k}`)
  return {
    kind: k,
    id: toHex(bytes.subarray(2, 18)),
    number: new DataView(bytes.buffer, bytes.byteOffset).getUint32(18),
    payload: bytes.subarray(headerBytes),
  }
}

const text = new TextEncoder()
export const none = new Uint8Array(0)
export const json = (value: unknown) => text.encode(JSON.stringify(value))

/** @throws Failure bad_frame */
export function parse<T>(payload: Uint8Array): T {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as T
  } catch {
    throw new Failure('bad_frame', 'not JSON')
  }
}

const maxOfferBytes = 4_096
const maxSide = 65_535
const maxNameBytes = 64
const offerKeys = new Set(['sha256', 'size', 'mime', 'width', 'height', 'slot', 'side', 'request', 'sharp', 'thumb_size'])

/** Reads the payload of kind offer: known fields, each within its bounds. @throws Failure bad_frame, too_large, type */
export function parseOffer(payload: Uint8Array): Offer {
  const bad = (why: string) => new Failure('bad_frame', `offer: ${why}`)
  if (payload.length > maxOfferBytes) throw bad('too long')
  const o = parse<Record<string, unknown> | null>(payload)
  if (typeof o !== 'object' || o === null || Array.isArray(o) || Object.keys(o).some((k) => !offerKeys.has(k))) throw bad('fields')
  const { sha256, size, mime, width = 0, height = 0, slot = '', side = '', request = '', sharp = 0, thumb_size = 0 } = o
  const count = (n: unknown): n is number => typeof n === 'number' && Number.isInteger(n) && n >= 0
  const named = (n: unknown): n is string => typeof n === 'string' && text.encode(n).length <= maxNameBytes && !/\p{Cc}/u.test(n)
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) throw bad('sha256')
  if (!count(size) || size === 0 || !count(thumb_size)) throw bad('size')
  if (typeof mime !== 'string') throw bad('mime')
  if (size > maxPageBytes || thumb_size > maxThumbBytes) throw new Failure('too_large', `${size} bytes, thumbnail ${thumb_size}`)
  if (mime !== 'image/jpeg' && mime !== 'image/png') throw new Failure('type', mime.slice(0, 40))
  if (!count(width) || !count(height) || width > maxSide || height > maxSide) throw bad('pixels')
  if (typeof sharp !== 'number' || !(sharp >= 0)) throw bad('sharp')
  if (!named(slot) || !named(side) || !named(request)) throw bad('names')
  return { sha256, size, mime, width, height, slot, side, request, sharp, thumb_size }
}

export const chunksOf = (size: number) => Math.ceil(size / chunkBytes)

/** A page to send; Sender computes the rest of the offer. */
export interface Shot extends Omit<Offer, 'sha256' | 'size' | 'thumb_size'> {
  id: string
  bytes: Uint8Array<ArrayBuffer>
  thumb: Uint8Array<ArrayBuffer>
}
