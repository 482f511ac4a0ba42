/** Sound, picture and pages of the call at this desk: one window per ticket, from the offer to the end. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import * as api from '@/lib/api'
import type { Offer } from '@/lib/capture'
import { Receiver } from '@/lib/capture-receiver'
import { MediaWindow, mid, type MediaStats, type WindowState } from '@/lib/media'
import type { DeskState, MediaAnswer, Side } from '@/lib/protocol.gen'
import type { Devices } from './devices'
import { Pages } from './pages'
import { gradeOf, settledGrade, type Grade } from './quality'
import type { Session } from './session'

/** The ticket whose media this desk should hold now, '' for none. */
export function mediaTicket(state: DeskState | undefined): string {
  if (state?.call) return state.call.ended_ms || state.state === 'wrapup' ? '' : state.call.ticket
  return state?.offer?.ticket ?? ''
}

const readEveryMS = 2000
const reportEveryMS = 5000
const devicePatienceMS = 1500
const againMS = 500

export function useCallMedia(session: Session, devices: Devices) {
  const remote = shallowRef<MediaStream>()
  /** the third person of the call; at a third person's own desk its owner */
  const third = shallowRef<MediaStream>()
  const windowState = ref<WindowState>('closed')
  const stats = shallowRef<MediaStats>()
  const grade = ref<Grade>('unknown')
  const muted = ref(false)
  const hidden = ref(false)
  const pages = new Pages({ fetch: api.pageBytes })

  let pagesOf = ''
  let open: { ticket: string; media: MediaWindow; receiver: Receiver; timer: ReturnType<typeof setInterval> } | undefined

  function begin(ticket: string): MediaWindow {
    const offered = (id: string, o: Offer): void => pages.offered(id, { slot: o.slot, side: o.side as Side, size: o.size })
    const receiver = new Receiver({
      onThumb: (id, thumb, o) => {
        offered(id, o)
        pages.thumbed(id, thumb)
      },
      onProgress: (id, part, o) => {
        offered(id, o)
        pages.progressed(id, Math.round(part * o.size))
      },
      onPage: (id, page, o) => {
        offered(id, o)
        void pages.received(id, page, o.sha256)
      },
      // Withdrawn or broken on the way: what was stored can still be fetched.
      onFailure: (id, failure) => pages.failed(id, failure.code),
    })
    const media = new MediaWindow({
      role: 'agent',
      online: () => session.socket.status.phase === 'open',
      exchange: async (offer) => (await session.socket.send('media.offer', offer)).body as MediaAnswer,
      restart: async (restart) => (await session.socket.send('media.restart', restart)).body as MediaAnswer,
      onTrouble: () => session.socket.probe(),
      onStream: (slot, stream) => {
        // A new object each time: an element that shows it must notice the second track.
        if (slot === mid.video) remote.value = new MediaStream(stream.getTracks())
        if (slot === mid.thirdVideo) third.value = new MediaStream(stream.getTracks())
      },
      onState: (s) => {
        windowState.value = s
        // A connection that broke: the state that came last carries an unused grant already.
        if (s === 'failed') setTimeout(() => void follow(session.state.value), againMS)
      },
      onChannels: (channels) => receiver.attach(channels.document),
    })
    let grades: Grade[] = []
    let reported = 0
    const timer = setInterval(() => {
      void media.stats().then((s) => {
        if (open?.media !== media) return
        stats.value = s
        grades = [...grades.slice(-2), gradeOf(s)]
        grade.value = settledGrade(grades)
        if (session.state.value?.state === 'call' && Date.now() - reported >= reportEveryMS - readEveryMS / 2) {
          reported = Date.now()
          // A report that does not arrive is replaced by the next one.
          void session.socket.send('media.report', MediaWindow.report(s)).catch(() => undefined)
        }
      })
    }, readEveryMS)
    open = { ticket, media, receiver, timer }
    return media
  }

  function end(): void {
    if (!open) return
    clearInterval(open.timer)
    open.receiver.detach()
    open.receiver.clear()
    open.media.close()
    open = undefined
    remote.value = third.value = undefined
    stats.value = undefined
    grade.value = 'unknown'
    muted.value = hidden.value = false
  }

  async function useTracks(media: MediaWindow): Promise<void> {
    const s = devices.stream.value
    await media.use({ audio: s?.getAudioTracks()[0] ?? null, video: s?.getVideoTracks()[0] ?? null })
  }

  async function follow(state: DeskState | undefined): Promise<void> {
    const ticket = mediaTicket(state)
    if (open && open.ticket !== ticket) end()
    if (ticket !== pagesOf) {
      pages.clear()
      pagesOf = ticket
    }
    if (!ticket || !state) return
    if (state.call) pages.expect(state.call.pages)
    if (!open && !state.media) return
    const media = open?.media ?? begin(ticket)
    // At once when they are open; an unanswered question of the browser must not keep the resident waiting.
    await Promise.race([devices.open(), new Promise((done) => setTimeout(done, devicePatienceMS))])
    if (open?.media !== media) return
    await useTracks(media)
    await media.follow(state.media)
  }

  watch(session.state, (s) => void follow(s), { immediate: true })
  // A socket that came back may have come over another network.
  watch(() => session.status.value?.phase, (phase) => {
    if (phase === 'open') open?.media.renew()
  })
  watch(devices.stream, () => {
    if (open) void useTracks(open.media)
  })
  onScopeDispose(() => {
    end()
    pages.clear()
  })

  return {
    remote,
    third,
    windowState,
    stats,
    grade,
    muted,
    hidden,
    pages,
    mute() {
      muted.value = !muted.value
      open?.media.mute('audio', muted.value)
    },
    hide() {
      hidden.value = !hidden.value
      open?.media.mute('video', hidden.value)
    },
  }
}
