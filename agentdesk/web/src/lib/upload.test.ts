import { describe, expect, it, vi } from 'vitest'
import type { Offer, Shot } from './capture'
import { upload, type Put } from './upload'

const bytes = new Uint8Array(1_000).map((_, i) => i)
const shot = { id: 'ab'.repeat(16), bytes, mime: 'image/jpeg' } as unknown as Shot
const offer: Offer = { sha256: 'c'.repeat(64), size: 1_000, mime: 'image/jpeg', width: 1, height: 1, slot: 'id_card', side: 'front', request: 'r1', sharp: 3, thumb_size: 77 }

/** A server that holds the first bytes of a page; each step says what a PUT does. */
function server(steps: ('store' | 'cut' | number | { status: number; code: string })[], start = 0) {
  let have = start
  const asked: { url: string; headers: Record<string, string> }[] = []
  const puts: { offset: number; bytes: number }[] = []
  const get = vi.fn((url: string, init: RequestInit) => {
    asked.push({ url, headers: init.headers as Record<string, string> })
    return Promise.resolve({ status: 200, text: () => Promise.resolve(JSON.stringify({ have })) } as Response)
  })
  const put: Put = async (_url, headers, body, progress) => {
    const offset = Number(headers['Upload-Offset'])
    puts.push({ offset, bytes: body.size })
    const step = steps.shift() ?? 'store'
    if (typeof step === 'object') return { status: step.status, text: JSON.stringify({ code: step.code, have }) }
    if (offset !== have) return { status: 409, text: JSON.stringify({ code: 'offset', have }) }
    if (typeof step === 'number') {
      have += step
      progress(step)
      throw new Error('cut')
    }
    if (step === 'cut') throw new Error('cut')
    expect(new Uint8Array(await body.arrayBuffer())[0]).toBe(bytes[offset])
    have = 1_000
    return { status: 204, text: '' }
  }
  const parts: number[] = []
  const go = (stop = new AbortController().signal) => upload('tok', shot, offer, (p) => parts.push(p), stop, { fetch: get as unknown as typeof fetch, put, random: () => 0 })
  return { go, asked, puts, parts }
}

describe('a page over HTTP', () => {
  it('names token and offer, and sends all of it', async () => {
    const s = server([])
    await s.go()
    expect(s.asked[0]?.url).toBe(`/api/station/pages/${shot.id}`)
    expect(s.asked[0]?.headers.Authorization).toBe('Bearer tok')
    const named = s.asked[0]!.headers['Page-Offer']!
    expect(named).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(JSON.parse(atob(named.replaceAll('-', '+').replaceAll('_', '/')))).toEqual({ ...offer, thumb_size: 0 })
    expect(s.puts).toEqual([{ offset: 0, bytes: 1_000 }])
    expect(s.parts.at(-1)).toBe(1)
  })

  it('begins where the channel stopped', async () => {
    const s = server([], 400)
    await s.go()
    expect(s.puts).toEqual([{ offset: 400, bytes: 600 }])
    expect(s.parts[0]).toBe(0.4)
  })

  it('goes on after every cut, and its progress never falls', async () => {
    const s = server([300, 'cut', 200, { status: 503, code: 'busy' }])
    await s.go()
    expect(s.puts.map((p) => p.offset)).toEqual([0, 300, 300, 500, 500])
    expect(s.parts).toEqual([...s.parts].sort((a, b) => a - b))
  })

  it('believes the server when it holds another part', async () => {
    const s = server([{ status: 409, code: 'offset' }], 0)
    s.asked.length = 0
    await expect(s.go()).resolves.toBeUndefined()
  })

  it.each([[401, 'upload'], [413, 'too_large'], [415, 'type'], [422, 'bad_hash'], [422, 'not_asked'], [507, 'disk_full'], [422, 'bad_frame']] as const)('%d %s ends it', async (status, code) => {
    const s = server([{ status, code }])
    await expect(s.go()).rejects.toMatchObject({ code })
    expect(s.puts).toHaveLength(1)
  })

  it('ends when it is stopped', async () => {
    const stop = new AbortController()
    const s = server(Array<'cut'>(500).fill('cut'))
    const going = expect(s.go(stop.signal)).rejects.toMatchObject({ code: 'cancelled' })
    await vi.waitFor(() => expect(s.puts.length).toBeGreaterThan(2))
    stop.abort()
    await going
  })
})
