import { onBeforeUnmount, ref, watch, type Ref } from 'vue'

/** Bars from which on somebody is heard beside the noise of a room. */
const voice = 2
/** ms that a voice still counts as heard: pauses between words are shorter. */
const pauseMS = 1_000

/** Whether a voice is heard now, as the meter beside the sentence shows it. */
export function useHearing(level: () => number): Ref<boolean> {
  const hearing = ref(false)
  let pause: ReturnType<typeof setTimeout> | undefined
  watch(level, (bars) => {
    if (bars >= voice) {
      clearTimeout(pause)
      pause = undefined
      hearing.value = true
    } else if (hearing.value) {
      pause ??= setTimeout(() => {
        pause = undefined
        hearing.value = false
      }, pauseMS)
    }
  }, { immediate: true })
  onBeforeUnmount(() => clearTimeout(pause))
  return hearing
}
