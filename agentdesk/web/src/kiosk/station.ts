import { computed, reactive, ref, shallowRef, watch } from 'vue'
import * as api from '@/lib/api'
import { Sender } from '@/lib/capture'
import { backoff } from '@/lib/backoff'
import { Catalogue, catalogue as loadCatalogue } from '@/lib/catalogue'
import { ServerClock } from '@/lib/clock'
import { Failure, type ErrorCode } from '@/lib/failure'
import { Meter } from '@/lib/level'
import { MediaWindow, mid } from '@/lib/media'
import type { Fault, Side, StationState, TicketRevise } from '@/lib/protocol.gen'
import { Socket, type SocketStatus } from '@/lib/socket'
import { Cameras } from './cameras'
import { stateOf, viewOf, wantsMedia } from './phase'
import { Renewal } from './renewal'
import { shoot } from './shot'

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

/** ms without a socket until the page says so: a node that changes over takes less. */
const cutAfterMS = 1_200
/** ms in which a first connection may come up before the page says that it does not. */
const bootMS = 5_000
/** Camera of the kiosk while a page is on its way, kbit/s. */
const kbpsBesidePage = 300
const reportEveryMS = 5_000
/** Minute of rest after the summary, then the ring. */
export const restMS = 60_000
export const ringMS = 30_000

/** The kiosk's session: socket, media, cameras and pages of one station, as one reactive thing. */
export function openStation(stationID: string) {
  const clock = new ServerClock()
  const info = shallowRef<api.Info>()
  const catalogue = shallowRef(Catalogue.empty)
  const server = shallowRef<StationState>()
  const link = shallowRef<SocketStatus>({ phase: 'stopped', attempt: 0, nextTryMS: 0, lostSinceMS: Date.now(), code: '', rttMS: 0 })
  const now = ref(Date.now())
  const faults = ref<Fault[]>([])
  const facts = reactive({ resetting: false, stopped: '' as ErrorCode | '' })
  const own = shallowRef<MediaStream>()
  const remote = shallowRef<MediaStream>()
  const paper = shallowRef<MediaStream>()
  const level = ref(0)
  const heard = ref(false)
  const muted = ref(false)
  const taking = ref(false)
  const holdCode = ref<ErrorCode | ''>('')
  const helpAsked = ref(false)
  const problem = ref<ErrorCode | ''>('')
  const pages = ref<Page[]>([])
  const shot = reactive({ request: '', verdict: 'none' as ShotVerdict, code: '' as ErrorCode | '' })
  let touchedMS = Date.now()
  let reportedMS = 0
  let intent: TicketRevise | undefined
  let metered: MediaStream | undefined

  const sender = new Sender()
  const media = new MediaWindow({
    role: 'station',
    online: () => socket.status.phase === 'open',
    exchange: async (offer) => {
      const answer = await socket.send('media.offer', offer, { timeoutMS: 15_000 })
      if (answer.type !== 'media.answer') throw new Failure('malformed', answer.type)
      return answer.body
    },
    onStream: (slot, stream) => {
      if (slot === mid.video) remote.value = stream
    },
    onChannels: (channels) => sender.attach(channels.document),
  })
  const meter = new Meter((bars, spoke) => {
    level.value = bars
    if (spoke) heard.value = true
  })
  const cameras = new Cameras(() => {
    faults.value = cameras.devices.faults
    if (server.value !== undefined && wantsMedia(server.value.state)) void useTracks()
    report()
  }, () => info.value?.demo ?? false)

  const renewal = new Renewal(() => location.reload())
  const socket = new Socket({
    face: 'station',
    station: stationID,
    clock,
    get build() {
      return info.value?.build ?? ''
    },
    onStatus: (status) => {
      link.value = status
      facts.stopped = status.phase === 'stopped' ? status.code : ''
      renewal.follow(facts.stopped)
    },
    onWelcome: (welcome) => {
      lastVersion = 0 // a server that started anew counts anew
      if (info.value !== undefined && welcome.build !== info.value.build) stale = true
      report()
    },
    onMessage: (message) => {
      if (message.type === 'station.state') take(message.body)
    },
    onHold: (_type, code) => {
      holdCode.value = code
    },
  })
  // A server of another build: this page loads itself anew when nobody is at it.
  let stale = false
  let lastVersion = 0

  const cut = computed(() => {
    const since = link.value.lostSinceMS
    return link.value.phase !== 'open' && since > 0 && now.value - since > (server.value === undefined ? bootMS : cutAfterMS)
  })
  const all = computed(() => ({ server: server.value, cut: cut.value, stopped: facts.stopped, faults: faults.value, resetting: facts.resetting }))
  const view = computed(() => viewOf(all.value))
  const state = computed(() => stateOf(all.value))
  const documentMissing = computed(() => faults.value.includes('document_camera_missing') && paper.value === undefined)

  function take(next: StationState): void {
    clock.sync(next.now_ms)
    if (next.version < lastVersion) return
    lastVersion = next.version
    server.value = next
    if (next.state !== 'idle' && next.state !== 'closed') taking.value = false
    if (wantsMedia(next.state)) {
      void ensureMedia()
      if (intent !== undefined && next.ticket !== undefined && next.ticket.matter === '') revise(intent)
      if (next.ticket !== undefined) intent = undefined
    } else if (!taking.value) {
      endMedia()
      if (next.state === 'idle' || next.state === 'closed') wipe()
    }
    if (next.capture !== undefined) void openPaper()
    else closePaper()
    mergePages(next)
  }

  async function ensureMedia(): Promise<void> {
    await cameras.open()
    await useTracks()
    const current = server.value
    if (current !== undefined && wantsMedia(current.state)) await media.follow(current.media)
    else endMedia()
  }

  async function useTracks(): Promise<void> {
    own.value = cameras.face
    if (cameras.face === undefined) return
    if (cameras.face !== metered) {
      metered = cameras.face
      meter.start(metered)
    }
    await media.use({ audio: cameras.face.getAudioTracks()[0] ?? null, video: cameras.face.getVideoTracks()[0] ?? null })
  }

  function endMedia(): void {
    media.close()
    cameras.close()
    meter.stop()
    metered = undefined
    own.value = remote.value = paper.value = undefined
    level.value = 0
  }

  async function openPaper(): Promise<void> {
    const request = server.value?.capture
    if (request !== undefined && request.id !== shot.request) {
      shot.request = request.id
      shot.verdict = 'none'
      shot.code = ''
    }
    if (paper.value !== undefined) return
    // First the face camera: the document camera is the other one.
    await cameras.open()
    const stream = await cameras.openDocument()
    if (server.value?.capture === undefined) {
      cameras.closeDocument()
      return
    }
    if (paper.value !== undefined && paper.value === stream) return
    paper.value = stream
    await media.use({ document: stream?.getVideoTracks()[0] ?? null })
  }

  function closePaper(): void {
    cameras.closeDocument() // also one that is still opening
    if (paper.value === undefined) return
    paper.value = undefined
    void media.use({ document: null })
  }

  /** Pages of the server after a reload stand beside those still in the page. */
  function mergePages(next: StationState): void {
    for (const p of next.pages ?? []) {
      const known = pages.value.find((k) => k.id === p.id)
      if (known !== undefined) known.status = 'done'
      else pages.value.push({ id: p.id, slot: p.slot, side: p.side, title: '', sha256: p.sha256, url: '', status: 'done', part: 1 })
    }
  }

  /** A page that came back after a reload is named by the catalogue once that is there. */
  function slotTitle(slot: string): string {
    const own = catalogue.value.slot(server.value?.ticket?.matter ?? '', slot)
    return (own ?? catalogue.value.data.matters.flatMap((m) => m.slots).find((s) => s.id === slot))?.title ?? ''
  }
  const titled = computed(() => pages.value.map((p) => (p.title === '' ? { ...p, title: slotTitle(p.slot) } : p)))

  function report(): void {
    if (link.value.phase !== 'open') return
    const d = cameras.devices
    socket.send('station.report', { faults: [...d.faults], doc_width: d.docWidth, doc_height: d.docHeight }).catch(() => undefined)
  }

  /** The one press. The command is kept over a loss of the network, under one id. */
  async function press(lang: string, about?: TicketRevise): Promise<void> {
    if (taking.value) return
    taking.value = true
    intent = about
    problem.value = ''
    void cameras.open()
    try {
      await socket.send('ticket.take', { consent_text: info.value?.consent_text ?? '', lang }, { hold: true })
    } catch (error) {
      problem.value = Failure.from(error).code
      cameras.close()
    } finally {
      taking.value = false
    }
  }

  function revise(about: TicketRevise): void {
    socket.send('ticket.revise', about).catch(() => undefined)
  }

  async function command(type: 'ticket.leave' | 'call.hang_up' | 'station.reset' | 'station.help'): Promise<void> {
    problem.value = ''
    try {
      await socket.send(type, {}, { hold: type !== 'station.help' })
    } catch (error) {
      const code = Failure.from(error).code
      // What is over already needs no sentence.
      if (code !== 'wrong_state' && code !== 'stale') problem.value = code
    }
  }

  async function help(): Promise<void> {
    helpAsked.value = true
    setTimeout(() => {
      helpAsked.value = false
    }, 20_000)
    await command('station.help')
    if (problem.value !== '') helpAsked.value = false
  }

  function mute(on: boolean): void {
    muted.value = on
    media.mute('audio', on)
  }

  /** 拍照: the present frame of video, sent over the document channel. */
  async function capture(video: HTMLVideoElement): Promise<void> {
    const request = server.value?.capture
    if (request === undefined || shot.verdict === 'taking') return
    shot.verdict = 'taking'
    shot.code = ''
    socket.send('capture.confirm', { slot: request.slot }).catch(() => undefined)
    let id = ''
    try {
      const taken = await shoot(video, request)
      id = taken.shot.id
      shot.verdict = taken.sharp.verdict
      pages.value.push({
        id, slot: request.slot, side: request.side, title: request.title, sha256: taken.sha256,
        url: URL.createObjectURL(taken.blob), status: 'sending', part: 0,
      })
      void media.hold(kbpsBesidePage)
      await sender.send(taken.shot, (part) => patch(id, { part }))
      patch(id, { status: 'done', part: 1 })
    } catch (error) {
      const code = Failure.from(error).code
      if (code === 'cancelled' && server.value?.capture === undefined) {
        if (id !== '') patch(id, { status: 'failed' })
        return
      }
      shot.verdict = 'failed'
      shot.code = code
      if (id !== '') patch(id, { status: 'failed' })
    } finally {
      if (sender.pending === 0) void media.hold(Number.POSITIVE_INFINITY)
    }
  }

  function patch(id: string, change: Partial<Page>): void {
    const page = pages.value.find((p) => p.id === id)
    if (page !== undefined) Object.assign(page, change)
  }

  /** Nothing of a resident stays: pictures, pages, texts, sound. */
  function wipe(): void {
    for (const page of pages.value) if (page.url !== '') URL.revokeObjectURL(page.url)
    pages.value = []
    sender.cancelAll()
    facts.resetting = false
    heard.value = muted.value = helpAsked.value = false
    media.mute('audio', false)
    shot.request = ''
    shot.verdict = 'none'
    shot.code = ''
    if (stale) location.reload()
  }

  /** Any touch: the rest before the ring begins anew. */
  function touched(): void {
    touchedMS = Date.now()
    facts.resetting = false
  }

  const ringLeftMS = computed(() => Math.max(0, touchedMS + restMS + ringMS - now.value))
  watch(() => `${server.value?.state} ${server.value?.summary?.disposition}`, () => {
    touchedMS = Date.now()
  })

  setInterval(() => {
    now.value = Date.now()
    if (view.value === 'summary') {
      const rested = now.value - touchedMS
      facts.resetting = rested >= restMS
      if (rested >= restMS + ringMS) {
        touchedMS = now.value
        void command('station.reset')
      }
    }
    if (media.state === 'open' && now.value - reportedMS >= reportEveryMS) {
      reportedMS = now.value
      void media.stats().then((s) => {
        if (link.value.phase === 'open') socket.send('media.report', MediaWindow.report(s)).catch(() => undefined)
      })
    }
    if (media.state === 'failed' && server.value?.media !== undefined) void media.follow(server.value.media)
  }, 500)

  async function start(): Promise<void> {
    if (stationID === '') {
      facts.stopped = 'not_found'
      return
    }
    for (let attempt = 1; info.value === undefined; attempt++) {
      try {
        info.value = await api.info()
      } catch {
        link.value = { ...link.value, phase: 'waiting', attempt, nextTryMS: Date.now() + backoff(attempt), code: 'network' }
        await new Promise((resolve) => setTimeout(resolve, 300 + backoff(attempt)))
      }
    }
    socket.start()
    void cameras.selfCheck()
    for (let attempt = 1; catalogue.value === Catalogue.empty; attempt++) {
      try {
        catalogue.value = await loadCatalogue()
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 1_000 + backoff(attempt)))
      }
    }
  }

  return {
    clock, info, catalogue, server, link, now, faults, state, view, own, remote, paper, level, heard, muted, taking, holdCode,
    helpAsked, problem, pages: titled, shot, documentMissing, ringLeftMS, stopped: computed(() => facts.stopped),
    start, press, revise, leave: () => command('ticket.leave'), hangUp: () => command('call.hang_up'), reset: () => command('station.reset'),
    help, mute, capture, touched, takeOver: () => socket.takeOver(), tryNow: socket.tryNow,
  }
}

export type Station = ReturnType<typeof openStation>
