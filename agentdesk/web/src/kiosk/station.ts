import { computed, reactive, ref, shallowRef, watch } from 'vue'
import * as api from '@/lib/api'
import { Sender } from '@/lib/capture-sender'
import { backoff } from '@/lib/backoff'
import { Catalogue, catalogue as loadCatalogue, type CatalogueSlot } from '@/lib/catalogue'
import { ServerClock } from '@/lib/clock'
import { Failure, type ErrorCode } from '@/lib/failure'
import { Meter } from '@/lib/level'
import { MediaWindow, mid } from '@/lib/media'
import type { Fault, PartCheck, Side, StationState, TicketRevise } from '@/lib/protocol.gen'
import { Socket, type SocketStatus } from '@/lib/socket'
import { upload } from '@/lib/upload'
import { Cameras } from './cameras'
import { loudness, luminance, outputs, verdicts, worst, type Readings } from './checks'
import { Identity } from './keys'
import { stateOf, viewOf, wantsMedia } from './phase'
import { Renewal } from './renewal'
import { checkAgainMS, checkEveryMS, earlyChecks, restMS, restOf, ringMS } from './rest'
import { shoot } from './shot'
import { PictureURLs, wipeBrowser } from './wipe'

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
/** ms that the self-check at boot may keep the first page back. */
const bootCheckMS = 6_000
/** Tries in a row that the server did not know this station until a page that stands says so. */
const unknownTries = 3
/** ms between two tries of a station whose key was refused, and refusals until the page asks for a code by itself. */
const refusedEveryMS = 60_000
const refusedTries = 3

/** The kiosk's session: socket, media, cameras and pages of one station, as one reactive thing. */
export function openStation(stationID: string) {
  const clock = new ServerClock()
  const info = shallowRef<api.Info>()
  const catalogue = shallowRef(Catalogue.empty)
  const server = shallowRef<StationState>()
  const link = shallowRef<SocketStatus>({ phase: 'stopped', attempt: 0, nextTryMS: 0, lostSinceMS: Date.now(), code: '', rttMS: 0 })
  const now = ref(Date.now())
  const monotonic = ref(performance.now())
  const faults = ref<Fault[]>([])
  const facts = reactive({ resetting: false, stopped: '' as ErrorCode | '', enrolling: false, booting: true, insecure: false })
  const checks = ref<PartCheck[]>([])
  const enrolProblem = reactive({ code: '' as ErrorCode | '', running: false })
  /** performance.now() before which the server takes no other code */
  const enrolAgainMS = ref(0)
  /** Somebody reads the 小蓝书 or has set the page up for himself: it rings and goes back when nobody touches it. */
  const occupied = ref(false)
  /** Counts the residents who have gone: the page draws itself anew. */
  const left = ref(0)
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
  // Rests are measured by the clock that nobody can set.
  let touchedMS = performance.now()
  const untouched = ref(0)
  let reportedMS = 0
  let checkedMS = 0
  let checking = false
  let early = 0
  let earlyTimer: ReturnType<typeof setTimeout> | undefined
  let path = ''
  let refused = 0
  let refusedTimer: ReturnType<typeof setTimeout> | undefined
  let intent: TicketRevise | undefined
  let metered: MediaStreamTrack | undefined
  const urls = new PictureURLs()
  /** Tokens by request id: a page that was shot may still go after the state has moved on. */
  const tokens = new Map<string, string>()

  const identity = new Identity(() => info.value?.centre ?? '')
  const byKey = () => stationID === '' || info.value?.demo !== true
  const sender = new Sender((taken, offer, progress, stop) => {
    const token = tokens.get(taken.request)
    return token === undefined ? Promise.reject(new Failure('network', 'no upload token')) : upload(token, taken, offer, progress, stop)
  })
  const media = new MediaWindow({
    role: 'station',
    online: () => socket.status.phase === 'open',
    exchange: async (offer) => {
      const answer = await socket.send('media.offer', offer, { timeoutMS: 15_000 })
      if (answer.type !== 'media.answer') throw new Failure('malformed', answer.type)
      return answer.body
    },
    restart: async (restart) => {
      const answer = await socket.send('media.restart', restart, { timeoutMS: 5_000 })
      if (answer.type !== 'media.answer') throw new Failure('malformed', answer.type)
      return answer.body
    },
    onTrouble: () => socket.probe(),
    onState: (next) => {
      if (next === 'failed' || next === 'closed') sender.detach()
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
  }, () => info.value?.demo ?? false, devicesChanged)

  const renewal = new Renewal(() => location.reload())
  const socket = new Socket({
    face: 'station',
    station: stationID,
    clock,
    ticket: () => (byKey() ? identity.ticket() : api.socketTicket('station', stationID)),
    get build() {
      return info.value?.build ?? ''
    },
    onStatus: (status) => {
      if (status.rttMS !== link.value.rttMS) pinged = true
      link.value = status
      // A station that the server does not know may be written there any minute: the page says so and the socket tries on.
      const unknown = status.code === 'not_found' && (server.value === undefined || status.attempt >= unknownTries)
      const stopped = status.phase === 'stopped' || unknown ? status.code : ''
      if (stopped !== '' && stopped !== facts.stopped) halted(stopped)
      facts.stopped = stopped
      renewal.follow(stopped)
    },
    onWelcome: (welcome) => {
      lastVersion = 0 // a server that started anew counts anew
      refused = 0
      facts.enrolling = false
      media.renew() // it may have come back over another network
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
  let pinged = false
  // A server of another build: this page loads itself anew when nobody is at it.
  let stale = false
  let lastVersion = 0
  /** A resident was here since the last wipe. */
  let dirty = false

  const cut = computed(() => {
    const since = link.value.lostSinceMS
    return link.value.phase !== 'open' && since > 0 && now.value - since > (server.value === undefined ? bootMS : cutAfterMS)
  })
  const trouble = computed(() => worst(faults.value, checks.value, facts.insecure))
  const all = computed(() => ({
    server: server.value, enrolling: facts.enrolling, checking: facts.booting, cut: cut.value, stopped: facts.stopped, trouble: trouble.value, resetting: facts.resetting,
  }))
  const view = computed(() => viewOf(all.value))
  const state = computed(() => stateOf(all.value))
  const documentMissing = computed(() => faults.value.includes('document_camera_missing') && paper.value === undefined)

  function take(next: StationState): void {
    clock.sync(next.now_ms)
    if (next.version < lastVersion) return
    lastVersion = next.version
    server.value = next
    if (next.state !== 'idle' && next.state !== 'closed') taking.value = false
    const here = next.state !== 'idle' && next.state !== 'closed'
    if (here) dirty = true
    if (wantsMedia(next.state)) {
      void ensureMedia()
      if (intent !== undefined && next.ticket !== undefined && next.ticket.matter === '') revise(intent)
      if (next.ticket !== undefined) intent = undefined
    } else if (!taking.value) {
      endMedia()
      if (!here && dirty) {
        dirty = false
        wipe()
        left.value++
      }
      if (!here && stale && !occupied.value) location.reload()
    }
    if (next.capture?.upload) tokens.set(next.capture.id, next.capture.upload)
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
    const audio = cameras.face.getAudioTracks()[0]
    if (audio !== metered) {
      metered = audio
      level.value = 0
      meter.start(cameras.face)
    }
    if (server.value?.capture !== undefined && paper.value !== cameras.document) {
      paper.value = cameras.document
      await media.use({ document: paper.value?.getVideoTracks()[0] ?? null })
    }
    await media.use({ audio: audio ?? null, video: cameras.face.getVideoTracks()[0] ?? null })
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
  function slotOf(slot: string): CatalogueSlot | undefined {
    return catalogue.value.slot(server.value?.ticket?.matter ?? '', slot) ?? catalogue.value.data.matters.flatMap((m) => m.slots).find((s) => s.id === slot)
  }
  const titled = computed(() => pages.value.map((p) => (p.title === '' ? { ...p, title: slotOf(p.slot)?.title ?? '' } : p)))

  function report(): void {
    if (link.value.phase !== 'open') return
    const d = cameras.devices
    const body = { faults: [...d.faults], doc_width: d.docWidth, doc_height: d.docHeight }
    socket.send('station.report', checking || checks.value.length === 0 ? body : { ...body, checks: [...checks.value] }).catch(() => undefined)
  }

  function nobody(): boolean {
    return server.value !== undefined && (server.value.state === 'idle' || server.value.state === 'closed') && !occupied.value && !taking.value
  }

  /** The self-check: parts are looked at beside each other, each shows as soon as it is known. */
  async function check(): Promise<void> {
    if (checking) return
    checking = true
    checkedMS = performance.now()
    const read: Readings = path === '' ? {} : { path }
    const put = (more: Readings) => {
      Object.assign(read, more)
      checks.value = verdicts(read, clock.now())
    }
    try {
      await Promise.all([
        outputs().then((n) => put({ outputs: n })),
        answered().then((ok) => {
          if (ok) put({ rttMS: link.value.rttMS, offsetMS: clock.offsetMS })
        }),
        cameras.selfCheck(async (face) => {
          put({ document: cameras.devices.docWidth })
          await Promise.all([luminance(face).then((v) => put({ camera: v })), loudness(face).then((v) => put({ microphone: v }))])
        }).then((leave) => {
          facts.insecure = leave === 'insecure'
          if (leave === 'insecure') put({ camera: leave, microphone: leave, document: leave })
          if (leave === 'denied') put({ camera: leave, document: leave })
        }),
      ])
    } finally {
      checking = false
      checkedMS = performance.now()
      facts.booting = false
      report()
    }
  }

  /** Something was plugged or pulled while nobody is here. Just after a check it is looked at a little later. */
  function devicesChanged(): void {
    const waitMS = checking ? checkAgainMS : checkedMS + checkAgainMS - performance.now()
    if (waitMS <= 0) {
      early = 0
      if (nobody()) void check()
    } else if (early < earlyChecks) {
      early++
      clearTimeout(earlyTimer)
      earlyTimer = setTimeout(() => {
        if (checking) devicesChanged()
        else if (nobody()) void check()
      }, waitMS)
    }
  }

  /** Waits for the first answer of the server to a ping; false when it does not come. */
  async function answered(): Promise<boolean> {
    for (const end = performance.now() + bootCheckMS; performance.now() < end;) {
      if (link.value.phase === 'open' && pinged) return true
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return false
  }

  /** The socket ended for good: no camera stays on, nothing of a resident stays here. */
  function halted(code: ErrorCode): void {
    facts.booting = false
    server.value = undefined
    endMedia()
    closePaper()
    if (!facts.enrolling) { // there the engineer's code stands, and nothing of a resident
      wipe()
      left.value++
    }
    if (code !== 'not_enrolled') return
    refused++
    void identity.enrolled().then((known) => {
      if (known) tryLater()
      if (!known || refused >= refusedTries) enrolAnew()
    }, (error: unknown) => {
      enrolAnew()
      enrolProblem.code = Failure.from(error).code
    })
  }

  /** A refused key is the only one there is: it stays, and is tried until a code has brought another. */
  function tryLater(): void {
    clearTimeout(refusedTimer)
    refusedTimer = setTimeout(() => {
      if (enrolProblem.running) tryLater()
      else socket.start()
    }, refusedEveryMS)
  }

  /** Somebody asks for another try where the page has given up: at once by the socket, or by the page that is served now. */
  function again(): void {
    if (link.value.phase === 'waiting') socket.tryNow()
    else if (link.value.code === 'not_enrolled') socket.start()
    else if (link.value.phase === 'stopped') location.reload()
  }

  function enrolAnew(): void {
    if (facts.enrolling) return
    enrolProblem.code = ''
    facts.enrolling = true
  }

  /** Registers this device with the code that an administrator made. */
  async function enrol(code: string): Promise<void> {
    if (enrolProblem.running) return
    enrolProblem.running = true
    enrolProblem.code = ''
    try {
      await identity.enrol(code)
      refused = 0
      clearTimeout(refusedTimer)
      socket.stop() // a try by the key before
      facts.enrolling = false
      facts.booting = true
      begin()
    } catch (error) {
      const failure = Failure.from(error)
      enrolProblem.code = failure.code
      enrolAgainMS.value = performance.now() + failure.retryMS
    } finally {
      enrolProblem.running = false
    }
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
        url: urls.make(taken.blob), status: 'sending', part: 0,
      })
      void media.hold(kbpsBesidePage)
      await sender.send(taken.shot, (part) => patch(id, { part }))
      patch(id, { status: 'done', part: 1 })
    } catch (error) {
      const code = Failure.from(error).code
      if ((code === 'cancelled' || code === 'upload' || code === 'not_asked') && server.value?.capture === undefined) {
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

  /** Nothing of a resident stays: pictures, pages, texts, sound, storage. */
  function wipe(): void {
    urls.revokeAll()
    tokens.clear()
    pages.value = []
    sender.cancelAll()
    intent = undefined
    facts.resetting = false
    heard.value = muted.value = helpAsked.value = false
    problem.value = ''
    media.mute('audio', false)
    shot.request = ''
    shot.verdict = 'none'
    shot.code = ''
    path = ''
    void wipeBrowser()
  }

  /** Any touch: the rest before the ring begins anew. */
  function touched(): void {
    touchedMS = performance.now()
    untouched.value = 0
    facts.resetting = false
  }

  /** The resident has gone, or says so. What is on the screen goes at once, even without the server. */
  function goodbye(): void {
    touched()
    const current = server.value
    if (current?.state === 'summary') {
      void command('station.reset')
      server.value = { ...current, state: current.open ? 'idle' : 'closed', summary: undefined, ticket: undefined, agent: undefined, capture: undefined, message: '', pages: [] }
    }
    wipe()
    left.value++
  }

  const enrolLeftMS = computed(() => Math.max(0, enrolAgainMS.value - monotonic.value))
  const ringLeftMS = computed(() => restOf(untouched.value).leftMS)
  watch(() => `${server.value?.state} ${server.value?.summary?.disposition}`, touched)

  setInterval(() => {
    now.value = Date.now()
    monotonic.value = performance.now()
    untouched.value = monotonic.value - touchedMS
    const rests = view.value === 'summary' || (occupied.value && (view.value === 'idle' || view.value === 'closed' || view.value === 'fault'))
    if (rests) {
      const { at } = restOf(untouched.value)
      facts.resetting = at !== 'quiet'
      if (at === 'over') goodbye()
    } else facts.resetting = false
    if (nobody() && untouched.value > restMS + ringMS && performance.now() - checkedMS > checkEveryMS) void check()
    if (media.state === 'open' && now.value - reportedMS >= reportEveryMS) {
      reportedMS = now.value
      void media.stats().then((s) => {
        if (s.path) path = s.path
        if (link.value.phase === 'open') socket.send('media.report', MediaWindow.report(s)).catch(() => undefined)
      })
    }
    if (media.state === 'failed' && server.value?.media !== undefined) void media.follow(server.value.media)
  }, 500)

  function begin(): void {
    socket.start()
    void check()
    setTimeout(() => {
      facts.booting = false
    }, bootCheckMS)
  }

  async function start(): Promise<void> {
    for (let attempt = 1; info.value === undefined; attempt++) {
      try {
        info.value = await api.info()
      } catch {
        link.value = { ...link.value, phase: 'waiting', attempt, nextTryMS: Date.now() + backoff(attempt), code: 'network' }
        await new Promise((resolve) => setTimeout(resolve, 300 + backoff(attempt)))
      }
    }
    if (info.value.now_ms !== undefined) clock.sync(info.value.now_ms)
    let known = true
    if (byKey()) {
      try {
        known = await identity.enrolled()
      } catch (error) {
        known = false
        enrolProblem.code = Failure.from(error).code
      }
      if (globalThis.crypto.subtle === undefined) {
        known = false
        enrolProblem.code = 'no_keys'
      }
    }
    if (known) begin()
    else facts.enrolling = true
    for (let attempt = 1; catalogue.value === Catalogue.empty; attempt++) {
      try {
        catalogue.value = await loadCatalogue()
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 1_000 + backoff(attempt)))
      }
    }
  }

  return {
    clock, info, catalogue, server, link, now, faults, checks, trouble, occupied, left, untouched, enrolProblem, enrolLeftMS, identity, state, view, own, remote, paper, level, heard, muted, taking, holdCode,
    helpAsked, problem, pages: titled, shot, documentMissing, ringLeftMS, stopped: computed(() => facts.stopped),
    start, press, revise, leave: () => command('ticket.leave'), hangUp: () => command('call.hang_up'), reset: goodbye, enrol, enrolAnew,
    help, mute, capture, touched, takeOver: () => socket.takeOver(), again, slotOf,
  }
}

export type Station = ReturnType<typeof openStation>
