import { reactive, ref } from 'vue'
import { Failure, type ErrorCode } from '@/lib/failure'
import type { Identity } from './keys'

// How a device becomes a station, and what it does when its key is taken no more.

/** ms between two tries of a station whose key was refused, and refusals until the page asks for a code by itself. */
const refusedEveryMS = 60_000
const refusedTries = 3

export interface EnrolmentOptions {
  identity: Pick<Identity, 'enrolled' | 'enrol'>
  /** the key that was refused is to be tried once more */
  retry: () => void
  /** a code was taken: the station begins */
  enrolled: () => void
}

/** The device's way to a key. It asks for a code where there is none, and keeps trying one that was refused. */
export function useEnrolment(options: EnrolmentOptions) {
  const asking = ref(false)
  const problem = reactive({ code: '' as ErrorCode | '', running: false })
  /** performance.now() before which the server takes no other code */
  const againMS = ref(0)
  let refused = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function anew(): void {
    if (asking.value) return
    problem.code = ''
    asking.value = true
  }

  /** A refused key is the only one there is: it stays, and is tried until a code has brought another. */
  function tryLater(): void {
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (problem.running) tryLater()
      else options.retry()
    }, refusedEveryMS)
  }

  return {
    asking, problem, anew,
    /** ms by the given performance.now() until another code may go out */
    leftMS: (monotonicMS: number) => Math.max(0, againMS.value - monotonicMS),

    /** Whether this device has a key to log in with; if not, it asks for a code. */
    async known(): Promise<boolean> {
      let known = false
      try {
        known = await options.identity.enrolled()
      } catch (error) {
        problem.code = Failure.from(error).code
      }
      if (globalThis.crypto.subtle === undefined) {
        known = false
        problem.code = 'no_keys'
      }
      asking.value = !known
      return known
    },

    /** The server has welcomed the station. */
    welcomed(): void {
      refused = 0
      asking.value = false
    },

    /** The server does not take the key. */
    refuse(): void {
      refused++
      void options.identity.enrolled().then((known) => {
        if (known) tryLater()
        if (!known || refused >= refusedTries) anew()
      }, (error: unknown) => {
        anew()
        problem.code = Failure.from(error).code
      })
    },

    /** Registers this device with the code that an administrator made. */
    async enrol(code: string): Promise<void> {
      if (problem.running) return
      problem.running = true
      problem.code = ''
      try {
        await options.identity.enrol(code)
        refused = 0
        clearTimeout(timer)
        options.enrolled()
        asking.value = false
      } catch (error) {
        const failure = Failure.from(error)
        problem.code = failure.code
        againMS.value = performance.now() + failure.retryMS
      } finally {
        problem.running = false
      }
    },
  }
}
