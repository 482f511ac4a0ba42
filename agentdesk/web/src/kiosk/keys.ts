import * as api from '@/lib/api'
import { base64url, toHex } from '@/lib/bytes'
import { Failure } from '@/lib/failure'

// The station's identity: a P-256 key that cannot leave the browser, known to the server by its public half.

/** Characters of an enrolment code: Crockford's base32. */
export const codeAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
export const codeLength = 16

/** A code as people type it, as the server compares it: no dashes or spaces, O is 0, I and L are 1. */
export function normalise(typed: string): string {
  return typed.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1').replace(new RegExp(`[^${codeAlphabet}]`, 'g'), '').slice(0, codeLength)
}

/** K7QD-2M9X-… */
export function grouped(code: string): string {
  return code.replace(/(.{4})(?=.)/g, '$1-')
}

/** A key pair with its names on the wire. */
export interface StationKey {
  /** 32 hex digits: the first 16 bytes of the public key's SHA-256 */
  id: string
  /** base64url of the 65 byte uncompressed point */
  publicKey: string
  privateKey: CryptoKey
}

/** Where keys lie. next is one that the server may know already: its answer had not come yet. */
export type Slot = 'current' | 'next'
export interface KeyStore {
  get(slot: Slot): Promise<StationKey | undefined>
  put(slot: Slot, key: StationKey): Promise<void>
  drop(slot: Slot): Promise<void>
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** @throws Failure no_keys where the browser has no WebCrypto (a page that did not come by https) */
export async function newKey(): Promise<StationKey> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined
  if (subtle === undefined) throw new Failure('no_keys', 'no WebCrypto')
  const pair = await subtle.generateKey(algorithm, false, ['sign', 'verify'])
  const raw = new Uint8Array(await subtle.exportKey('raw', pair.publicKey))
  const hash = new Uint8Array(await subtle.digest('SHA-256', raw))
  return { id: toHex(hash.subarray(0, 16)), publicKey: base64url(raw), privateKey: pair.privateKey }
}

/** 64 bytes r||s (IEEE P1363), base64url. */
export async function sign(key: StationKey, ...lines: string[]): Promise<string> {
  const text = new TextEncoder().encode(lines.join('\n'))
  return base64url(new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key.privateKey, text)))
}

/** Keys in IndexedDB: database remotewindow, store keys. A CryptoKey lies there as a handle, not as bytes. */
export class BrowserKeys implements KeyStore {
  get(slot: Slot): Promise<StationKey | undefined> {
    return this.run('readonly', (s) => s.get(slot) as IDBRequest<StationKey | undefined>)
  }
  async put(slot: Slot, key: StationKey): Promise<void> {
    await this.run('readwrite', (s) => s.put(key, slot))
  }
  async drop(slot: Slot): Promise<void> {
    await this.run('readwrite', (s) => s.delete(slot))
  }

  private async run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    let db: IDBDatabase | undefined
    try {
      const opening = indexedDB.open('remotewindow', 1)
      opening.onupgradeneeded = () => opening.result.createObjectStore('keys')
      db = await done(opening)
      return await done(act(db.transaction('keys', mode).objectStore('keys')))
    } catch (error) {
      throw new Failure('no_keys', String(error))
    } finally {
      db?.close()
    }
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'))
  })
}

/** The routes, so that tests can stand in for the server. */
export type Routes = Pick<typeof api, 'enrol' | 'challenge' | 'stationTicket' | 'rotate'>

/** Logs the station in by its key, and keeps the key. */
export class Identity {
  /** id and name as the server knows them, '' before the first log-in */
  station = ''
  name = ''
  /** the code that went out with the key in next */
  private sentCode = ''

  constructor(
    private readonly centre: () => string,
    private readonly keys: KeyStore = new BrowserKeys(),
    private readonly routes: Routes = api,
  ) {}

  /** @throws Failure no_keys */
  async enrolled(): Promise<boolean> {
    return (await this.keys.get('current')) !== undefined || (await this.keys.get('next')) !== undefined
  }

  /**
   * Makes a key and registers it. A press whose answer was lost may have registered its key already:
   * with that key the same code is no second enrolment.
   * @throws Failure bad_code, rate, network, no_keys
   */
  async enrol(typed: string): Promise<api.Enrolled> {
    const code = normalise(typed)
    const left = await this.keys.get('next')
    const known = left !== undefined && (await this.knows(left))
    if (known && code === this.sentCode) return { station: this.station, name: this.name, key: left.id }
    // The same code goes out with the same key: its first request may still be on the way.
    const key = left !== undefined && !known && code === this.sentCode ? left : await newKey()
    const proof = await sign(key, 'rw-enrol-v1', code, key.publicKey)
    // Kept before it is sent: if the answer is lost the code is used up, and the key is what is left.
    await this.keys.put('next', key)
    this.sentCode = code
    let enrolled: api.Enrolled
    try {
      enrolled = await this.routes.enrol({ code, public_key: key.publicKey, proof })
    } catch (error) {
      const code = Failure.from(error).code
      if (code === 'bad_code' || code === 'rate') await this.unkeep(key)
      throw error
    }
    await this.promote(key)
    this.station = enrolled.station
    this.name = enrolled.name
    return enrolled
  }

  /** A socket ticket by the newest key that the server takes. @throws Failure not_enrolled, rate, network, no_keys */
  async ticket(): Promise<string> {
    for (const slot of ['next', 'current'] as const) {
      const key = await this.keys.get(slot)
      if (key === undefined) continue
      try {
        const ticket = await this.logIn(key)
        if (slot === 'next') await this.promote(key)
        return ticket
      } catch (error) {
        if (Failure.from(error).code !== 'not_enrolled') throw error
        if (slot === 'next') await this.unkeep(key) // it never got there; the one before may stand
      }
    }
    throw new Failure('not_enrolled')
  }

  private async logIn(key: StationKey): Promise<string> {
    const answer = await this.proven(key, async (nonce) => {
      const signature = await sign(key, 'rw-station-v1', this.centre(), key.id, nonce)
      return this.routes.stationTicket({ key: key.id, nonce, signature })
    })
    this.station = answer.station
    this.name = answer.name
    // The log-in stands in any case; a rotation that fails is due again at the next one.
    if (answer.rotate) await this.rotate(key).catch(() => undefined)
    return answer.ticket
  }

  private async rotate(old: StationKey): Promise<void> {
    const key = await newKey()
    await this.proven(old, async (nonce) => {
      const [signature, proof] = await Promise.all([
        sign(old, 'rw-rotate-v1', this.centre(), old.id, nonce, key.publicKey),
        sign(key, 'rw-rotate-v1', this.centre(), old.id, nonce, key.publicKey),
      ])
      await this.keys.put('next', key)
      return this.routes.rotate({ key: old.id, nonce, signature, public_key: key.publicKey, proof })
    })
    // It takes its place when it has logged in once: until then the server takes the old one too.
  }

  /** Answers a challenge; one that ran out on the way is no refusal of the key, and asked for anew once. */
  private async proven<T>(key: StationKey, answer: (nonce: string) => Promise<T>): Promise<T> {
    try {
      return await answer(await this.routes.challenge(key.id))
    } catch (error) {
      if (Failure.from(error).code !== 'nonce') throw error
      return answer(await this.routes.challenge(key.id))
    }
  }

  /** Whether the server takes a key whose answer never came; then it is the current one. */
  private async knows(key: StationKey): Promise<boolean> {
    try {
      await this.logIn(key)
    } catch (error) {
      if (Failure.from(error).code !== 'not_enrolled') throw error
      return false
    }
    await this.promote(key)
    return true
  }

  private async promote(key: StationKey): Promise<void> {
    await this.keys.put('current', key)
    await this.unkeep(key)
  }

  /** Empties next if this key is still what lies there: a log-in and an enrolment may run beside each other. */
  private async unkeep(key: StationKey): Promise<void> {
    if ((await this.keys.get('next'))?.id === key.id) await this.keys.drop('next')
  }
}
