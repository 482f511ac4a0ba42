import { describe, expect, it } from 'vitest'
import written from '../../../../sfu/capture/testdata/vectors.json'
import { fromHex, toHex } from './bytes'
import { chunkBytes, decode, encode, headerBytes, kind, maxMessageBytes, messageBytes, parseOffer, sha256, type Kind } from './capture'
import { rule } from './capture.fixture'

describe('framing', () => {
  it('hashes as everyone does', async () => {
    expect(await sha256(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
  it('puts version, kind, id and number before the payload', () => {
    const bytes = encode({ kind: kind.chunk, id: '000102030405060708090a0b0c0d0e0f', number: 0x01020304, payload: new Uint8Array([9]) })
    expect(toHex(bytes)).toBe('0104000102030405060708090a0b0c0d0e0f0102030409')
    expect(decode(bytes)).toMatchObject({ kind: kind.chunk, id: '000102030405060708090a0b0c0d0e0f', number: 0x01020304 })
  })
  it.each([
    ['short', new Uint8Array(21), 'bad_frame'],
    ['another version', new Uint8Array(22).fill(2, 0, 1), 'bad_frame'],
    ['an unknown kind', new Uint8Array(22).fill(1, 0, 1).fill(9, 1, 2), 'bad_frame'],
    ['a huge message', new Uint8Array(maxMessageBytes + 1), 'too_large'],
  ])('refuses %s', (_name, bytes, code) => expect(() => decode(bytes)).toThrow(expect.objectContaining({ code })))
})

interface Vectors {
  constants: Record<string, number>
  frames: { name: string; kind: number; id: string; number: number; payload: string; message: string }[]
  bad_frames: { name: string; message?: string; repeat_zeros?: number; code: string }[]
  bad_offers: { name: string; json: string; code: string }[]
  split: { id: string; size: number; sha256: string; chunks: { number: number; payload_bytes: number; message_sha256: string }[] }
}

// Written by sfu/capture, read by both sides.
describe('the vectors of sfu/capture', () => {
  const vectors = written as unknown as Vectors

  it('name the same sizes', () => {
    expect(vectors.constants).toMatchObject({ chunk_bytes: chunkBytes, header_bytes: headerBytes, message_bytes: messageBytes, max_message_bytes: maxMessageBytes })
  })

  it.each(vectors.frames)('frame $name', (v) => {
    const frame = decode(fromHex(v.message))
    expect({ kind: frame.kind, id: frame.id, number: frame.number, payload: toHex(frame.payload) }).toEqual({ kind: v.kind, id: v.id, number: v.number, payload: v.payload })
    expect(toHex(encode({ kind: v.kind as Kind, id: v.id, number: v.number, payload: fromHex(v.payload) }))).toBe(v.message)
  })

  it.each(vectors.bad_frames)('bad frame: $name', (v) => {
    const head = fromHex(v.message ?? '')
    const bytes = new Uint8Array(head.length + (v.repeat_zeros ?? 0))
    bytes.set(head)
    expect(() => decode(bytes)).toThrow(expect.objectContaining({ code: v.code }))
  })

  it.each(vectors.bad_offers)('bad offer: $name', (v) => {
    const payload = new TextEncoder().encode(v.json)
    expect(() => parseOffer(payload)).toThrow(expect.objectContaining({ code: v.code }))
  })

  it('cut a page into the same chunks', async () => {
    const bytes = rule(vectors.split.size)
    expect(await sha256(bytes)).toBe(vectors.split.sha256)
    for (const c of vectors.split.chunks) {
      const payload = bytes.subarray(c.number * chunkBytes, (c.number + 1) * chunkBytes)
      expect(payload.length).toBe(c.payload_bytes)
      expect(await sha256(encode({ kind: kind.chunk, id: vectors.split.id, number: c.number, payload }))).toBe(c.message_sha256)
    }
  })
})
