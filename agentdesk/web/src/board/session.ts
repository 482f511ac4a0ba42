/** Who watches, the socket, and the board the server pushes. */
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import * as api from '@/lib/api'
import { ServerClock } from '@/lib/clock'
import { Failure, type ErrorCode } from '@/lib/failure'
import { Socket, type SocketStatus } from '@/lib/socket'
import { problemKey } from '@/staff/problem'
import type { Board, BodyOf, MessageType } from '@/lib/protocol.gen'

const list = <T>(a: T[] | null | undefined): T[] => a ?? []

/** Sends a command and gives the sentence of its refusal, '' when it took effect. */
export type Act = <T extends MessageType>(type: T, body: BodyOf<T>) => Promise<string>

/** The board with every list in place; Go sends null for an empty one. */
export function whole(b: Board): Board {
  return {
    ...b,
    waiting: list(b.waiting),
    seats: list(b.seats),
    stations: list(b.stations).map((s) => ({ ...s, faults: list(s.faults) })),
    minutes: list(b.minutes),
    scheduled: list(b.scheduled),
  }
}

/** words: the texts of the page; has: whether there is such a text. */
export function useBoard(words: (key: string) => string, has: (key: string) => boolean) {
  const user = shallowRef<api.User>()
  const board = shallowRef<Board>()
  const status = shallowRef<SocketStatus>()
  const clock = new ServerClock()
  const checked = ref(false)
  const code = ref<ErrorCode | ''>('')
  let build: string | undefined
  const connected = computed(() => status.value?.phase === 'open')

  const socket = new Socket({
    face: 'board',
    clock,
    // A server of another build: nothing on the board can be lost by loading it anew.
    onWelcome: (w) => {
      build ??= w.build
      if (w.build !== build) location.reload()
    },
    onStatus: (s) => {
      status.value = s
      if (s.phase === 'stopped' && s.code) {
        code.value = s.code
        if (s.code === 'login' || s.code === 'forbidden') user.value = undefined
      }
    },
    onMessage: (m) => {
      if (m.type === 'board') board.value = whole(m.body)
    },
  })

  async function resume(): Promise<void> {
    try {
      user.value = await api.me('board')
      socket.start()
    } catch (error) {
      const failed = Failure.from(error).code
      if (failed !== 'login') code.value = failed
    } finally {
      checked.value = true
    }
  }

  /** @throws Failure bad_login, rate, network */
  async function signIn(name: string, password: string): Promise<void> {
    code.value = ''
    user.value = await api.login('board', name, password)
    socket.start()
  }

  async function signOut(): Promise<void> {
    socket.stop()
    try {
      await api.logout('board')
    } catch {
      // The cookie ends by itself.
    }
    board.value = undefined
    user.value = undefined
    code.value = ''
  }

  const send: Act = async (type, body) => {
    try {
      await socket.send(type, body)
      return ''
    } catch (error) {
      const failed = Failure.from(error)
      const key = problemKey(failed.code, failed.because, has)
      return words(`${key}.what`) + words(`${key}.do`)
    }
  }

  onScopeDispose(() => socket.stop())
  return { user, board, status, clock, checked, code, connected, socket, resume, signIn, signOut, send }
}
