import { describe, expect, it, vi } from 'vitest'
import { Failure, type ErrorCode } from '@/lib/failure'
import { base64url } from '@/lib/bytes'
import { grouped, Identity, newKey, normalise, sign, type KeyStore, type Routes, type Slot, type StationKey } from './keys'

class Memory implements KeyStore {
  readonly kept = new Map<Slot, StationKey>()
  get = (slot: Slot) => Promise.resolve(this.kept.get(slot))
  put = (slot: Slot, key: StationKey) => Promise.resolve(void this.kept.set(slot, key))
  drop = (slot: Slot) => Promise.resolve(void this.kept.delete(slot))
}

const bytes = (text: string) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))

async function signed(publicKey: string, signature: string, ...lines: string[]): Promise<boolean> {
  const key = await crypto.subtle.importKey('raw', bytes(publicKey), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes(signature), new TextEncoder().encode(lines.join('\n')))
}

/** A server that knows keys by id and checks every signature. */
function server(code = 'K7QD2M9X0110ZZZZ') {
  const known = new Map<string, string>()
  let pending = ''
  let refusal: ErrorCode | '' = ''
  let due = false
  let lose = false
  let stale = 0
  let never = false
  let used = ''
  const posted: { code: string; key: string }[] = []
  const nonces: string[] = []
  const routes: Routes = {
    async enrol(q) {
      if (refusal !== '') throw new Failure(refusal)
      expect(await signed(q.public_key, q.proof, 'rw-enrol-v1', q.code, q.public_key)).toBe(true)
      const id = await idOf(q.public_key)
      posted.push({ code: q.code, key: id })
      if (never) throw new Failure('network')
      // Once, and again for the very key that it brought.
      if (q.code !== code || (used !== '' && used !== id)) throw new Failure('bad_code')
      used = id
      known.clear()
      known.set(id, q.public_key)
      if (lose) throw new Failure('network')
      return { station: 's07', name: '云桥村', key: id }
    },
    challenge: () => {
      nonces.push(`n${nonces.length}`)
      return Promise.resolve(nonces.at(-1)!)
    },
    async stationTicket(q) {
      if (stale-- > 0) throw new Failure('nonce')
      const key = known.get(q.key) ?? (pending !== '' && (await idOf(pending)) === q.key ? pending : undefined)
      if (key === undefined || !(await signed(key, q.signature, 'rw-station-v1', 'pj', q.key, q.nonce))) throw new Failure('not_enrolled')
      if (key === pending) {
        known.clear()
        known.set(q.key, key)
        pending = ''
      }
      return { ticket: `for ${q.key}`, station: 's07', name: '云桥村', rotate: due }
    },
    async rotate(q) {
      if (stale-- > 0) throw new Failure('nonce')
      const lines = ['rw-rotate-v1', 'pj', q.key, q.nonce, q.public_key]
      expect(await signed(known.get(q.key)!, q.signature, ...lines)).toBe(true)
      expect(await signed(q.public_key, q.proof, ...lines)).toBe(true)
      pending = q.public_key
      due = false
      if (lose) throw new Failure('network')
      return { key: await idOf(q.public_key) }
    },
  }
  return {
    routes, known, nonces, posted,
    issue: (c: string) => {
      code = c
      used = ''
    },
    loseRequests: (on: boolean) => (never = on),
    outrun: (answers: number) => (stale = answers),
    refuse: (c: ErrorCode | '') => (refusal = c),
    rotateNow: () => (due = true),
    loseAnswers: (on: boolean) => (lose = on),
  }
}

async function idOf(publicKey: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes(publicKey)))
  return Array.from(hash.subarray(0, 16), (b) => b.toString(16).padStart(2, '0')).join('')
}

describe('code', () => {
  it.each([
    ['k7qd-2m9x oIlL-zzzz', 'K7QD2M9X0111ZZZZ'],
    ['K7QD2M9X0110ZZZZextra', 'K7QD2M9X0110ZZZZ'],
    ['中 文', ''],
    ['uU', ''],
  ])('%s', (typed, want) => expect(normalise(typed)).toBe(want))
  it('is shown in groups of four', () => expect([grouped('K7QD2M9X0110ZZZZ'), grouped('K7QD'), grouped('K7QD2')]).toEqual(['K7QD-2M9X-0110-ZZZZ', 'K7QD', 'K7QD-2']))
})

describe('key', () => {
  it('cannot leave, and its names are the contract', async () => {
    const key = await newKey()
    expect(key.privateKey.extractable).toBe(false)
    expect(bytes(key.publicKey)).toHaveLength(65)
    expect(key.publicKey).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(key.id).toBe(await idOf(key.publicKey))
    const signature = await sign(key, 'a', 'b')
    expect(bytes(signature)).toHaveLength(64)
    expect(await signed(key.publicKey, signature, 'a', 'b')).toBe(true)
  })
  it('is refused where there is no WebCrypto', async () => {
    vi.stubGlobal('crypto', {})
    await expect(newKey()).rejects.toMatchObject({ code: 'no_keys' })
    vi.unstubAllGlobals()
  })
  it('base64url has no padding', () => expect(base64url(new Uint8Array([251, 255, 254, 1]))).toBe('-__-AQ'))
})

describe('station', () => {
  it('enrols, logs in by a fresh nonce each time', async () => {
    const s = server()
    const keys = new Memory()
    const station = new Identity(() => 'pj', keys, s.routes)
    expect(await station.enrolled()).toBe(false)
    await expect(station.ticket()).rejects.toMatchObject({ code: 'not_enrolled' })
    expect(await station.enrol('k7qd-2m9x-ollo-zzzz')).toMatchObject({ station: 's07' })
    expect([...keys.kept.keys()]).toEqual(['current'])
    await station.ticket()
    await station.ticket()
    expect(new Set(s.nonces).size).toBe(2)
    expect(station.name).toBe('云桥村')
  })

  it.each(['bad_code', 'rate'] as const)('keeps nothing of a refused enrolment (%s)', async (code) => {
    const s = server()
    s.refuse(code)
    const station = new Identity(() => 'pj', new Memory(), s.routes)
    await expect(station.enrol('K7QD2M9X0110ZZZZ')).rejects.toMatchObject({ code })
    expect(await station.enrolled()).toBe(false)
  })

  it('is enrolled although the answer was lost', async () => {
    const s = server()
    s.loseAnswers(true)
    const station = new Identity(() => 'pj', new Memory(), s.routes)
    await expect(station.enrol('K7QD2M9X0110ZZZZ')).rejects.toMatchObject({ code: 'network' })
    expect(await station.enrolled()).toBe(true)
    await expect(station.ticket()).resolves.toMatch(/^for /)
  })

  it.each([false, true])('changes its key when told, answer lost: %s', async (lost) => {
    const s = server()
    const keys = new Memory()
    const station = new Identity(() => 'pj', keys, s.routes)
    await station.enrol('K7QD2M9X0110ZZZZ')
    const first = keys.kept.get('current')!.id
    s.rotateNow()
    s.loseAnswers(lost)
    expect(await station.ticket()).toBe(`for ${first}`)
    s.loseAnswers(false)
    const second = await station.ticket()
    expect(second).not.toBe(`for ${first}`)
    expect(await station.ticket()).toBe(second)
    expect([...keys.kept.keys()]).toEqual(['current'])
  })

  it('falls back to the key before when the next one never got there', async () => {
    const s = server()
    const keys = new Memory()
    const station = new Identity(() => 'pj', keys, s.routes)
    await station.enrol('K7QD2M9X0110ZZZZ')
    const first = keys.kept.get('current')!.id
    await keys.put('next', await newKey())
    expect(await station.ticket()).toBe(`for ${first}`)
    expect(keys.kept.has('next')).toBe(false)
  })

  it('keeps its key while the server cannot be reached, and says when it was revoked', async () => {
    const s = server()
    const keys = new Memory()
    const station = new Identity(() => 'pj', keys, { ...s.routes, challenge: () => Promise.reject(new Failure('network')) })
    await new Identity(() => 'pj', keys, s.routes).enrol('K7QD2M9X0110ZZZZ')
    await expect(station.ticket()).rejects.toMatchObject({ code: 'network' })
    expect(await station.enrolled()).toBe(true)
    s.known.clear()
    const back = new Identity(() => 'pj', keys, s.routes)
    await expect(back.ticket()).rejects.toMatchObject({ code: 'not_enrolled' })
    expect(await back.enrolled()).toBe(true)
  })

  it('keeps a refused key until another was registered in its place', async () => {
    const s = server()
    const keys = new Memory()
    const station = new Identity(() => 'pj', keys, s.routes)
    await station.enrol('K7QD2M9X0110ZZZZ')
    const first = keys.kept.get('current')!
    s.known.clear() // the station is closed
    await expect(station.ticket()).rejects.toMatchObject({ code: 'not_enrolled' })
    await expect(station.enrol('0000000000000000')).rejects.toMatchObject({ code: 'bad_code' })
    expect([...keys.kept]).toEqual([['current', first]])
    s.known.set(first.id, first.publicKey) // and open again
    expect(await station.ticket()).toBe(`for ${first.id}`)
    s.issue('1111222233334444')
    await station.enrol('1111222233334444')
    expect(await station.ticket()).not.toBe(`for ${first.id}`)
    expect([...keys.kept.keys()]).toEqual(['current'])
  })

  describe('whose answer was lost', () => {
    async function lost(how: 'loseAnswers' | 'loseRequests') {
      const s = server()
      const keys = new Memory()
      const station = new Identity(() => 'pj', keys, s.routes)
      s[how](true)
      await expect(station.enrol('K7QD2M9X0110ZZZZ')).rejects.toMatchObject({ code: 'network' })
      s[how](false)
      return { s, keys, station, first: s.posted[0]!.key }
    }

    it('is enrolled by the second press of the code that is used up', async () => {
      const { s, keys, station, first } = await lost('loseAnswers')
      expect(await station.enrol('k7qd-2m9x-0110-zzzz')).toEqual({ station: 's07', name: '云桥村', key: first })
      expect([...keys.kept].map(([slot, key]) => [slot, key.id])).toEqual([['current', first]])
      expect(await station.ticket()).toBe(`for ${first}`)
      expect(s.posted).toHaveLength(1)
    })

    it('sends the same key again if it never got there', async () => {
      const { s, station, first } = await lost('loseRequests')
      expect(await station.enrol('K7QD2M9X0110ZZZZ')).toMatchObject({ key: first })
      expect(s.posted.map((p) => p.key)).toEqual([first, first])
      expect(await station.ticket()).toBe(`for ${first}`)
    })

    it('keeps the registered key when the next code is wrong, and gives it up for one that is right', async () => {
      const { s, station, first } = await lost('loseAnswers')
      await expect(station.enrol('0000000000000000')).rejects.toMatchObject({ code: 'bad_code' })
      expect(await station.ticket()).toBe(`for ${first}`)
      s.issue('1111222233334444')
      expect((await station.enrol('1111222233334444')).key).not.toBe(first)
    })

    it('keeps the key while nobody answers', async () => {
      const { s, keys, first } = await lost('loseAnswers')
      const away = new Identity(() => 'pj', keys, { ...s.routes, challenge: () => Promise.reject(new Failure('network')) })
      await expect(away.enrol('K7QD2M9X0110ZZZZ')).rejects.toMatchObject({ code: 'network' })
      expect(keys.kept.get('next')?.id).toBe(first)
    })
  })

  it('asks for another challenge once when one ran out, and keeps every key over two', async () => {
    const s = server()
    const keys = new Memory()
    const station = new Identity(() => 'pj', keys, s.routes)
    await station.enrol('K7QD2M9X0110ZZZZ')
    const first = keys.kept.get('current')!.id
    s.outrun(1)
    expect(await station.ticket()).toBe(`for ${first}`)
    expect(s.nonces).toHaveLength(2)
    const next = await newKey()
    await keys.put('next', next)
    s.outrun(2)
    await expect(station.ticket()).rejects.toMatchObject({ code: 'nonce' })
    expect(s.nonces).toHaveLength(4)
    expect([keys.kept.get('next')?.id, keys.kept.get('current')?.id]).toEqual([next.id, first])
    expect(await station.ticket()).toBe(`for ${first}`)
  })

  it('changes its key although the challenge ran out', async () => {
    const s = server()
    const keys = new Memory()
    const station = new Identity(() => 'pj', keys, { ...s.routes, rotate: (q) => {
      if (s.nonces.length === 2) s.outrun(1)
      return s.routes.rotate(q)
    } })
    await station.enrol('K7QD2M9X0110ZZZZ')
    const first = await (s.rotateNow(), station.ticket())
    expect(s.nonces).toHaveLength(3)
    expect(await station.ticket()).not.toBe(first)
  })
})
