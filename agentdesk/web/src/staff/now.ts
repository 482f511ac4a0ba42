import { onScopeDispose, ref, type Ref } from 'vue'
import type { ServerClock } from '@/lib/clock'

/** The server's time, unix ms, four times a second as long as the scope lives. */
export function useNow(clock: ServerClock): Ref<number> {
  const now = ref(clock.now())
  const timer = setInterval(() => {
    now.value = clock.now()
  }, 250)
  onScopeDispose(() => clearInterval(timer))
  return now
}
