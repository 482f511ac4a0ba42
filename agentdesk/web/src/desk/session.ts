/** Who is signed in at this desk, its socket, and the state the server keeps of it. */
import { computed, onScopeDispose, reactive, ref, shallowRef } from 'vue'
import * as api from '@/lib/api'
import { ServerClock } from '@/lib/clock'
import { Failure, type ErrorCode } from '@/lib/failure'
import { Socket, type SendOptions, type SocketStatus } from '@/lib/socket'
import type { BodyOf, CallView, DeskState, DeskStateName, Message, MessageType, PartCheck, Presence, Station } from '@/lib/protocol.gen'
import { claimDrafts, wipeDrafts } from './draft'

/** Go sends null for an empty list. */
const list = <T>(a: T[] | null | undefined): T[] => a ?? []

/** The state with every list in place. */
export function whole(state: DeskState): DeskState {
  const call: CallView | undefined = state.call && {
    ...state.call,
    faults: list(state.call.faults),
    slots: list(state.call.slots).map((s) => ({ ...s, sides: list(s.sides), pages: list(s.pages) })),
    pages: list(state.call.pages),
    course: list(state.call.course),
  }
  return {
    ...state,
    queue: list(state.queue),
    colleagues: list(state.colleagues).map((c) => ({ ...c, families: list(c.families) })),
    reviews: list(state.reviews),
    scheduled: list(state.scheduled),
    stations: list(state.stations).map((s) => ({ ...s, faults: list(s.faults) })),
    today: list(state.today),
    call,
  }
}

/** The newest self-check of the station of an offer or a call: what came with it, else that of the agent's own village. */
export function checksAt(state: DeskState | undefined, of: { station: Station; checks?: PartCheck[] | null } | undefined): PartCheck[] {
  if (!of) return []
  return of.checks ?? state?.stations.find((s) => s.id === of.station.id)?.checks ?? []
}

/** What the page shows as its state: the server's, or lost while there is no socket to hear it by. */
export function shownState(signedIn: boolean, state: DeskState | undefined, lost: boolean): DeskStateName {
  if (!signedIn) return 'offline'
  if (lost) return 'lost'
  return state?.state ?? 'offline'
}

/** The presence to ask for when the server has forgotten this desk. */
export function presenceOf(state: DeskState | undefined): Presence | undefined {
  switch (state?.state) {
    case undefined:
      return undefined
    case 'offline':
      return 'offline'
    case 'away':
    case 'rona':
      return 'away'
    default:
      return 'available'
  }
}

const presenceKey = 'rw.desk.presence'

/** The session of the desk. dispose with the scope. */
export function useSession() {
  const user = shallowRef<api.User>()
  const state = shallowRef<DeskState>()
  const status = shallowRef<SocketStatus>()
  const clock = new ServerClock()
  const checked = ref(false)
  /** Local unix ms of the last frame that proves the state is current. */
  const heardMS = ref(0)
  /** The server speaks for another build than the one this page came from. */
  const outdated = ref(false)
  let build: string | undefined
  const failure = reactive<{ code: ErrorCode | ''; because: string; at: number }>({ code: '', because: '', at: 0 })

  const lost = computed(() => status.value !== undefined && status.value.phase !== 'open' && state.value !== undefined)
  const shown = computed(() => shownState(user.value !== undefined, state.value, lost.value))

  const socket = new Socket({
    face: 'desk',
    clock,
    hello: () => {
      const presence = presenceOf(state.value) ?? (sessionStorage.getItem(presenceKey) as Presence | null)
      return presence ? { presence } : {}
    },
    onWelcome: (w) => {
      build ??= w.build
      outdated.value = w.build !== build
    },
    onStatus: (s) => {
      if (s.rttMS !== status.value?.rttMS || s.phase === 'open') heardMS.value = Date.now()
      status.value = s
      if (s.phase === 'stopped' && s.code === 'login') user.value = undefined
    },
    onMessage: (m: Message) => {
      if (m.type !== 'desk.state') return
      heardMS.value = Date.now()
      state.value = whole(m.body)
      const presence = presenceOf(state.value)
      if (presence) sessionStorage.setItem(presenceKey, presence)
    },
  })

  /** Looks whether somebody is signed in already (a reloaded page). */
  async function resume(): Promise<void> {
    try {
      enter(await api.me('desk'))
    } catch (error) {
      const code = Failure.from(error).code
      if (code !== 'login') fail(code)
    } finally {
      checked.value = true
    }
  }

  /** @throws Failure bad_login, rate, network */
  async function signIn(name: string, password: string): Promise<void> {
    enter(await api.login('desk', name, password))
  }

  function enter(who: api.User): void {
    claimDrafts(who.id)
    if (state.value?.agent_id !== who.id) state.value = undefined // nothing of the one before
    user.value = who
    socket.start()
  }

  async function signOut(): Promise<void> {
    try {
      if (status.value?.phase === 'open') await socket.send('agent.set', { presence: 'offline' })
    } catch {
      // The server takes a desk without a socket for gone anyway.
    }
    socket.stop()
    try {
      await api.logout('desk')
    } catch {
      // The cookie ends by itself.
    }
    sessionStorage.removeItem(presenceKey)
    wipeDrafts()
    state.value = undefined
    user.value = undefined
  }

  function fail(code: ErrorCode, because = ''): void {
    failure.code = code
    failure.because = because
    failure.at = Date.now()
  }

  /** Sends a command; a refusal is shown as a sentence. Resolves to whether it took effect. */
  async function send<T extends MessageType>(type: T, body: BodyOf<T>, options?: SendOptions): Promise<boolean> {
    try {
      await socket.send(type, body, options)
      return true
    } catch (error) {
      const { code, because } = Failure.from(error)
      fail(code, because)
      return false
    }
  }

  onScopeDispose(() => socket.stop())
  return { user, state, status, clock, checked, heardMS, outdated, failure, lost, shown, socket, resume, signIn, signOut, send, fail }
}

export type Session = ReturnType<typeof useSession>
