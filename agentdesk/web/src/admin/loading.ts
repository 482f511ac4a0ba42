/** Loading and saving as a page shows them: nothing is said to be saved before it is. */
import { onMounted, onScopeDispose, reactive, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { Refusal } from './client'

export interface Loaded<T> {
  data: ShallowRef<T | undefined>
  /** loading: grey blocks. slow: it takes longer than five seconds. */
  phase: Ref<'loading' | 'slow' | 'ready' | 'failed'>
  failure: ShallowRef<Refusal | undefined>
  /** Loads anew; what is shown stays until the answer is here. */
  reload(): Promise<void>
}

const patience = 5_000

/** Loads at mounting. A failure while something is shown leaves it in place and is told beside it. */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const data = shallowRef<T>()
  const phase = ref<'loading' | 'slow' | 'ready' | 'failed'>('loading')
  const failure = shallowRef<Refusal>()
  let run = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function reload(): Promise<void> {
    const mine = ++run
    clearTimeout(timer)
    if (data.value === undefined) {
      phase.value = 'loading'
      timer = setTimeout(() => {
        if (phase.value === 'loading') phase.value = 'slow'
      }, patience)
    }
    failure.value = undefined
    try {
      const found = await load()
      if (mine !== run) return
      data.value = found
      phase.value = 'ready'
    } catch (error) {
      if (mine !== run) return
      failure.value = Refusal.from(error)
      phase.value = data.value === undefined ? 'failed' : 'ready'
    } finally {
      if (mine === run) clearTimeout(timer)
    }
  }
  onMounted(reload)
  onScopeDispose(() => {
    run++
    clearTimeout(timer)
  })
  return { data, phase, failure, reload }
}

export interface Saving {
  busy: boolean
  failure: Refusal | undefined
  /** unix ms of the last save that the server confirmed, 0 none */
  savedMS: number
  /** Runs one write. @returns whether the server took it */
  run(write: () => Promise<unknown>): Promise<boolean>
  clear(): void
}

export function useSaving(): Saving {
  const saving: Saving = reactive({
    busy: false,
    failure: undefined,
    savedMS: 0,
    async run(write: () => Promise<unknown>) {
      if (saving.busy) return false
      saving.busy = true
      saving.failure = undefined
      try {
        await write()
        saving.savedMS = Date.now()
        return true
      } catch (error) {
        saving.failure = Refusal.from(error)
        saving.savedMS = 0
        return false
      } finally {
        saving.busy = false
      }
    },
    clear() {
      saving.failure = undefined
      saving.savedMS = 0
    },
  })
  return saving
}
