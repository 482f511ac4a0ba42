import { computed, ref, shallowRef, watch } from 'vue'
import * as api from '@/lib/api'
import { backoff } from '@/lib/backoff'
import { Catalogue, catalogue as loadCatalogue, type CatalogueSlot } from '@/lib/catalogue'
import { ServerClock } from '@/lib/clock'
import type { ErrorCode } from '@/lib/failure'
import type { Fault, StationState } from '@/lib/protocol.gen'
import { Socket, type SocketStatus } from '@/lib/socket'
import { useCall } from './call'
import { Cameras } from './cameras'
import { worst } from './checks'
import { useCommands } from './commands'
import { useEnrolment } from './enrolment'
import { Identity } from './keys'
import { usePaper } from './paper'
import { onFirstPage, quiet, stateOf, viewOf, wantsMedia } from './phase'
import { Renewal } from './renewal'
import { useRest } from './rest'
import { useSelfCheck } from './selfcheck'
import { wipeBrowser } from './wipe'

/** ms without a socket until the page says so: a node that changes over takes less. */
const cutAfterMS = 1_200
/** ms in which a first connection may come up before the page says that it does not. */
const bootMS = 5_000
/** Tries in a row that the server did not know this station until a page that stands says so. */
const unknownTries = 3

/** The kiosk's session as one reactive thing: it owns the socket and the server's state, and tells the parts of it. */
export function openStation(stationID: string) {
  const clock = new ServerClock()
  const info = shallowRef<api.Info>()
  const catalogue = shallowRef(Catalogue.empty)
  const server = shallowRef<StationState>()
  const link = shallowRef<SocketStatus>({ phase: 'stopped', attempt: 0, nextTryMS: 0, lostSinceMS: Date.now(), code: '', rttMS: 0 })
  const now = ref(Date.now())
  const monotonic = ref(performance.now())
  const faults = ref<Fault[]>([])
  const stopped = ref<ErrorCode | ''>('')
  /** Somebody reads the 小蓝书 or has set the page up for himself: it rings and goes back when nobody touches it. */
  const occupied = ref(false)
  /** Counts the residents who have gone: the page draws itself anew. */
  const left = ref(0)
  /** The server has answered a ping. */
  let pinged = false
  /** A server of another build: this page loads itself anew when nobody is at it. */
  let stale = false
  let lastVersion = 0
  /** A resident was here since the last wipe. */
  let dirty = false

  const identity = new Identity(() => info.value?.centre ?? '')
  const byKey = () => stationID === '' || info.value?.demo !== true
  const send: Socket['send'] = (type, body, options) => socket.send(type, body, options)

  const cameras = new Cameras(() => {
    faults.value = cameras.devices.faults
    if (server.value !== undefined && wantsMedia(server.value.state)) void call.useTracks()
    report()
  }, () => info.value?.demo ?? false, () => selfCheck.devicesChanged())
  const commands = useCommands({ send, cameras, consent: () => info.value?.consent_text ?? '' })
  const selfCheck = useSelfCheck({
    cameras, clock,
    rttMS: () => (link.value.phase === 'open' && pinged ? link.value.rttMS : undefined),
    free,
    onDone: report,
  })
  const paper = usePaper({ cameras, media: () => call.media, send, request: () => server.value?.capture, slotOf })
  const call = useCall({
    cameras, send,
    server: () => server.value,
    online: () => socket.status.phase === 'open',
    onTrouble: () => socket.probe(),
    onChannels: (channels) => paper.sender.attach(channels.document),
    onGone: () => paper.sender.detach(),
    renewPaper: paper.renew,
    onPath: selfCheck.over,
  })
  const enrolment = useEnrolment({
    identity,
    retry: () => socket.start(),
    enrolled: () => {
      socket.stop() // a try by the key before
      begin()
    },
  })
  const rest = useRest(goodbye)

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
      const code = status.phase === 'stopped' || unknown ? status.code : ''
      if (code !== '' && code !== stopped.value) halted(code)
      stopped.value = code
      renewal.follow(code)
    },
    onWelcome: (welcome) => {
      lastVersion = 0 // a server that started anew counts anew
      enrolment.welcomed()
      call.media.renew() // it may have come back over another network
      if (info.value !== undefined && welcome.build !== info.value.build) stale = true
      report()
    },
    onMessage: (message) => {
      if (message.type === 'station.state') take(message.body)
    },
    onHold: (_type, code) => {
      commands.holdCode.value = code
    },
  })

  const cut = computed(() => {
    const since = link.value.lostSinceMS
    return link.value.phase !== 'open' && since > 0 && now.value - since > (server.value === undefined ? bootMS : cutAfterMS)
  })
  const trouble = computed(() => worst(faults.value, selfCheck.checks.value, selfCheck.insecure.value))
  const all = computed(() => ({
    server: server.value, enrolling: enrolment.asking.value, checking: selfCheck.booting.value, cut: cut.value, stopped: stopped.value, trouble: trouble.value, resetting: rest.ringing.value,
  }))
  const view = computed(() => viewOf(all.value))
  const state = computed(() => stateOf(all.value))
  const documentMissing = computed(() => faults.value.includes('document_camera_missing') && paper.stream.value === undefined)

  function take(next: StationState): void {
    clock.sync(next.now_ms)
    if (next.version < lastVersion) return
    lastVersion = next.version
    server.value = next
    const here = !quiet(next.state)
    if (here) {
      commands.taking.value = false
      dirty = true
    }
    if (wantsMedia(next.state)) {
      void call.ensure()
      commands.follow(next)
    } else if (!commands.taking.value) {
      call.end()
      if (!here && dirty) {
        dirty = false
        gone()
      }
      if (!here && stale && !occupied.value) location.reload()
    }
    paper.follow(next)
  }

  function slotOf(slot: string): CatalogueSlot | undefined {
    return catalogue.value.slot(server.value?.ticket?.matter ?? '', slot) ?? catalogue.value.data.matters.flatMap((m) => m.slots).find((s) => s.id === slot)
  }

  /** No resident has a ticket or is about to. */
  function free(): boolean {
    return server.value !== undefined && quiet(server.value.state) && !commands.taking.value
  }

  function report(): void {
    if (link.value.phase !== 'open') return
    const { faults: found, docWidth, docHeight } = cameras.devices
    send('station.report', { faults: [...found], doc_width: docWidth, doc_height: docHeight, checks: selfCheck.found() }).catch(() => undefined)
  }

  /** The socket ended for good: no camera stays on, nothing of a resident stays here. */
  function halted(code: ErrorCode): void {
    selfCheck.booting.value = false
    server.value = undefined
    call.end()
    paper.close()
    if (!enrolment.asking.value) gone() // there the engineer's code stands, and nothing of a resident
    if (code === 'not_enrolled') enrolment.refuse()
  }

  /** Somebody asks for another try where the page has given up: at once by the socket, or by the page that is served now. */
  function again(): void {
    if (link.value.phase === 'waiting') socket.tryNow()
    else if (link.value.code === 'not_enrolled') socket.start()
    else if (link.value.phase === 'stopped') location.reload()
  }

  /** Nothing of a resident stays: pictures, pages, texts, sound, storage. The page draws itself anew. */
  function gone(): void {
    paper.wipe()
    commands.wipe()
    call.wipe()
    selfCheck.over('')
    rest.ringing.value = false
    void wipeBrowser()
    left.value++
  }

  /** The resident has gone, or says so. What is on the screen goes at once, even without the server. */
  function goodbye(): void {
    rest.touched()
    const current = server.value
    if (current?.state === 'summary') {
      void commands.command('station.reset')
      server.value = { ...current, state: current.open ? 'idle' : 'closed', summary: undefined, ticket: undefined, agent: undefined, capture: undefined, message: '', pages: [] }
    }
    gone()
  }

  watch(() => `${server.value?.state} ${server.value?.summary?.disposition}`, rest.touched)

  setInterval(() => {
    now.value = Date.now()
    monotonic.value = performance.now()
    rest.tick(monotonic.value, () => view.value === 'summary' || (occupied.value && onFirstPage(view.value)))
    if (free() && !occupied.value) selfCheck.idle(rest.untouched.value)
    call.tick(now.value, link.value.phase === 'open')
  }, 500)

  function begin(): void {
    socket.start()
    selfCheck.boot()
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
    if (!byKey() || (await enrolment.known())) begin()
    for (let attempt = 1; catalogue.value === Catalogue.empty; attempt++) {
      try {
        catalogue.value = await loadCatalogue()
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 1_000 + backoff(attempt)))
      }
    }
  }

  return {
    clock, info, catalogue, server, link, now, faults, trouble, occupied, left, identity, state, view, stopped, documentMissing,
    checks: selfCheck.checks,
    enrolProblem: enrolment.problem, enrolLeftMS: computed(() => enrolment.leftMS(monotonic.value)), enrol: enrolment.enrol, enrolAnew: enrolment.anew,
    own: call.own, remote: call.remote, third: call.third, level: call.level, heard: call.heard, muted: call.muted, mute: call.mute,
    paper: paper.stream, pages: paper.pages, shot: paper.shot, capture: paper.capture,
    taking: commands.taking, holdCode: commands.holdCode, helpAsked: commands.helpAsked, problem: commands.problem, press: commands.press, revise: commands.revise, help: commands.help,
    noted: commands.noted, callBack: commands.callBack, leaveMaterials: commands.leaveMaterials, cancel: commands.cancel,
    leave: () => commands.command('ticket.leave'), hangUp: () => commands.command('call.hang_up'), reset: goodbye,
    untouched: rest.untouched, ringLeftMS: rest.leftMS, touched: rest.touched,
    start, takeOver: () => socket.takeOver(), again, slotOf,
  }
}
