import { computed, reactive, ref, shallowRef } from 'vue'
import type { Offer, Shot } from '@/lib/capture'
import { Sender } from '@/lib/capture-sender'
import type { CatalogueSlot } from '@/lib/catalogue'
import { Failure, type ErrorCode } from '@/lib/failure'
import type { MediaWindow } from '@/lib/media'
import type { CaptureView, Side, StationState } from '@/lib/protocol.gen'
import type { Socket } from '@/lib/socket'
import { upload } from '@/lib/upload'
import type { Cameras } from './cameras'
import { shoot } from './shot'
import { PictureURLs } from './wipe'

// Pages that the agent asks for: the document camera while one is asked for, what was shot, and how far it got.

/** A page of this resident as the strip shows it; url is of the very bytes sent, '' after a reload. */
export interface Page {
  id: string
  slot: string
  side: Side
  title: string
  sha256: string
  url: string
  status: 'sending' | 'done' | 'failed'
  /** 0–1 */
  part: number
}

export type ShotVerdict = 'none' | 'taking' | 'sharp' | 'blurred' | 'failed'

/** Camera of the kiosk while a page is on its way, kbit/s. */
const kbpsBesidePage = 300

export interface PaperOptions {
  cameras: Pick<Cameras, 'open' | 'openDocument' | 'closeDocument' | 'document'>
  media: () => Pick<MediaWindow, 'use' | 'hold'>
  send: Socket['send']
  /** what the agent asks for now */
  request: () => CaptureView | undefined
  /** The catalogue's entry of a paper, once it is there. */
  slotOf: (slot: string) => CatalogueSlot | undefined
}

export function usePaper(options: PaperOptions) {
  const { cameras, media, request } = options
  const stream = shallowRef<MediaStream>()
  const pages = ref<Page[]>([])
  const shot = reactive({ request: '', verdict: 'none' as ShotVerdict, code: '' as ErrorCode | '' })
  const urls = new PictureURLs()
  /** Tokens by request id: a page that was shot may still go after the state has moved on. */
  const tokens = new Map<string, string>()
  const sender = new Sender((taken: Shot, offer: Offer, progress, stop) => {
    const token = tokens.get(taken.request)
    return token === undefined ? Promise.reject(new Failure('network', 'no upload token')) : upload(token, taken, offer, progress, stop)
  })

  function clearShot(id: string): void {
    shot.request = id
    shot.verdict = 'none'
    shot.code = ''
  }

  async function open(): Promise<void> {
    const asked = request()
    if (asked !== undefined && asked.id !== shot.request) clearShot(asked.id)
    if (stream.value !== undefined) return
    // First the face camera: the document camera is the other one.
    await cameras.open()
    const opened = await cameras.openDocument()
    if (request() === undefined) {
      cameras.closeDocument()
      return
    }
    if (stream.value !== undefined && stream.value === opened) return
    await show(opened)
  }

  function show(next: MediaStream | undefined): Promise<void> {
    stream.value = next
    return media().use({ document: next?.getVideoTracks()[0] ?? null })
  }

  function close(): void {
    cameras.closeDocument() // also one that is still opening
    if (stream.value !== undefined) void show(undefined)
  }

  /** Pages of the server after a reload stand beside those still in the page. */
  function merge(next: StationState): void {
    for (const p of next.pages ?? []) {
      const known = pages.value.find((k) => k.id === p.id)
      if (known !== undefined) known.status = 'done'
      else pages.value.push({ id: p.id, slot: p.slot, side: p.side, title: '', sha256: p.sha256, url: '', status: 'done', part: 1 })
    }
  }

  function patch(id: string, change: Partial<Page>): void {
    const page = pages.value.find((p) => p.id === id)
    if (page !== undefined) Object.assign(page, change)
  }

  return {
    stream, shot, sender, close,
    /** A page that came back after a reload is named by the catalogue once that is there. */
    pages: computed(() => pages.value.map((p) => (p.title === '' ? { ...p, title: options.slotOf(p.slot)?.title ?? '' } : p))),

    /** Takes the server's state: what it asks for, and the pages that it has. */
    follow(next: StationState): void {
      if (next.capture?.upload) tokens.set(next.capture.id, next.capture.upload)
      if (next.capture !== undefined) void open()
      else close()
      merge(next)
    },

    /** The document camera may be another one than a moment ago. */
    async renew(): Promise<void> {
      if (request() !== undefined && stream.value !== cameras.document) await show(cameras.document)
    },

    /** 拍照: the present frame of video, sent over the document channel. */
    async capture(video: HTMLVideoElement): Promise<void> {
      const asked = request()
      if (asked === undefined || shot.verdict === 'taking') return
      shot.verdict = 'taking'
      shot.code = ''
      options.send('capture.confirm', { slot: asked.slot }).catch(() => undefined)
      let id = ''
      try {
        const taken = await shoot(video, asked)
        id = taken.shot.id
        shot.verdict = taken.sharp.verdict
        pages.value.push({
          id, slot: asked.slot, side: asked.side, title: asked.title, sha256: taken.sha256,
          url: urls.make(taken.blob), status: 'sending', part: 0,
        })
        void media().hold(kbpsBesidePage)
        await sender.send(taken.shot, (part) => patch(id, { part }))
        patch(id, { status: 'done', part: 1 })
      } catch (error) {
        if (id !== '') patch(id, { status: 'failed' })
        const code = Failure.from(error).code
        if ((code === 'cancelled' || code === 'upload' || code === 'not_asked') && request() === undefined) return
        shot.verdict = 'failed'
        shot.code = code
      } finally {
        if (sender.pending === 0) void media().hold(Number.POSITIVE_INFINITY)
      }
    },

    /** Nothing of a resident's papers stays. */
    wipe(): void {
      urls.revokeAll()
      tokens.clear()
      pages.value = []
      sender.cancelAll()
      clearShot('')
    },
  }
}
