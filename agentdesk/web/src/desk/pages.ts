/**
 * The pages of a call as this desk holds them: bytes come over the document channel, or by HTTP
 * when the channel did not bring them. A page is shown only when the SHA-256 computed here from
 * its bytes is the one that was promised.
 */
import { reactive } from 'vue'
import { Failure, type ErrorCode } from '@/lib/failure'
import type { PageView, Side } from '@/lib/protocol.gen'

export interface HeldPage {
  id: string
  slot: string
  side: Side
  state: 'waiting' | 'coming' | 'ready' | 'error'
  /** blob: URL of the thumbnail, '' before it came */
  thumb: string
  /** blob: URL of the verified bytes, '' before */
  url: string
  /** SHA-256 in hex of the bytes behind url, computed here */
  sha256: string
  got: number
  size: number
  code: ErrorCode | ''
}

export interface PagesOptions {
  /** GET /api/desk/pages/{id} */
  fetch: (id: string) => Promise<Blob>
  /** ms to wait for the channel before asking by HTTP */
  patienceMS?: number
}

/** SHA-256 of the bytes, hex. */
export async function sha256Hex(bytes: BufferSource): Promise<string> {
  const sum = await crypto.subtle.digest('SHA-256', bytes)
  return [...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, '0')).join('')
}

/** Holds the pages of one call at a time; every blob: URL is given back by clear. */
export class Pages {
  readonly held = reactive(new Map<string, HeldPage>())
  private views = new Map<string, PageView>()
  /** Asked for by HTTP before: a second time only the agent asks. */
  private asked = new Set<string>()
  private timers = new Map<string, ReturnType<typeof setTimeout>>()
  private readonly patience: number

  constructor(private readonly options: PagesOptions) {
    this.patience = options.patienceMS ?? 4000
  }

  private page(id: string, slot: string, side: Side): HeldPage {
    const old = this.held.get(id)
    if (old) return old
    this.held.set(id, { id, slot, side, state: 'waiting', thumb: '', url: '', sha256: '', got: 0, size: 0, code: '' })
    return this.held.get(id) as HeldPage
  }

  /** The channel announces a page. */
  offered(id: string, offer: { slot: string; side: Side; size: number }): void {
    const p = this.page(id, offer.slot, offer.side)
    if (p.state === 'ready') return
    p.state = 'coming'
    p.size = offer.size
    this.wait(id)
  }

  /** Its thumbnail came. */
  thumbed(id: string, jpeg: Blob): void {
    const p = this.held.get(id)
    if (!p) return
    if (p.thumb) URL.revokeObjectURL(p.thumb)
    p.thumb = URL.createObjectURL(jpeg)
  }

  /** Some more bytes came. */
  progressed(id: string, got: number): void {
    const p = this.held.get(id)
    if (!p || p.state === 'ready') return
    p.got = got
    this.wait(id)
  }

  /** All bytes came; promised is the offer's SHA-256. */
  async received(id: string, bytes: Blob, promised: string): Promise<void> {
    const p = this.held.get(id)
    if (!p || p.state === 'ready') return
    await this.show(p, bytes, promised)
  }

  /** The channel gave this page up. */
  failed(id: string, code: ErrorCode): void {
    const p = this.held.get(id)
    if (!p || p.state === 'ready') return
    this.stopWaiting(id)
    if (code === 'cancelled' && !this.views.has(id)) {
      if (p.thumb) URL.revokeObjectURL(p.thumb)
      this.held.delete(id)
      return
    }
    p.state = 'error'
    p.code = code
    this.fetchOnce(id)
  }

  /** What the call says it has: pages that the channel does not bring are fetched. */
  expect(pages: PageView[]): void {
    for (const view of pages) {
      const p = this.page(view.id, view.slot, view.side)
      this.views.set(view.id, view)
      if (p.state === 'ready') continue
      p.size ||= view.bytes
      if (p.state === 'error') this.fetchOnce(view.id)
      else if (!this.timers.has(view.id) && !(this.asked.has(view.id) && p.state === 'coming')) this.wait(view.id, p.state === 'waiting' ? 0 : this.patience)
    }
  }

  /** The channel gave up what the server has stored: it comes by HTTP by itself, once. */
  private fetchOnce(id: string): void {
    if (this.views.has(id) && !this.asked.has(id)) void this.load(id)
  }

  private wait(id: string, ms = this.patience): void {
    this.stopWaiting(id)
    this.timers.set(id, setTimeout(() => {
      this.timers.delete(id)
      const p = this.held.get(id)
      if (!p || p.state === 'ready') return
      if (this.views.has(id)) void this.load(id)
      else this.wait(id) // not stored yet: the channel is all there is
    }, ms))
  }

  private stopWaiting(id: string): void {
    clearTimeout(this.timers.get(id))
    this.timers.delete(id)
  }

  /** Fetches by HTTP, also for 重试. */
  async load(id: string): Promise<void> {
    const p = this.held.get(id)
    const view = this.views.get(id)
    if (!p || p.state === 'ready') return
    if (!view) {
      this.failed(id, 'not_found')
      return
    }
    this.stopWaiting(id)
    this.asked.add(id)
    p.state = 'coming'
    p.code = ''
    try {
      await this.show(p, await this.options.fetch(id), view.sha256)
    } catch (error) {
      this.failed(id, Failure.from(error).code)
    }
  }

  private async show(p: HeldPage, bytes: Blob, promised: string): Promise<void> {
    const sum = await sha256Hex(await bytes.arrayBuffer())
    if (this.held.get(p.id) === undefined || p.state === 'ready') return // cleared, or come by the other way
    this.stopWaiting(p.id)
    if (sum !== promised.toLowerCase()) {
      this.failed(p.id, 'bad_hash')
      return
    }
    p.url = URL.createObjectURL(bytes)
    p.sha256 = sum
    p.got = p.size = bytes.size
    p.code = ''
    p.state = 'ready'
  }

  /** Forgets everything: the call is over. */
  clear(): void {
    for (const p of this.held.values()) {
      if (p.thumb) URL.revokeObjectURL(p.thumb)
      if (p.url) URL.revokeObjectURL(p.url)
    }
    for (const t of this.timers.values()) clearTimeout(t)
    this.timers.clear()
    this.views.clear()
    this.asked.clear()
    this.held.clear()
  }
}
