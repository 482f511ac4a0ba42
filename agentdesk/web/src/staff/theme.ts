/** Light, dark or as the system says; kept on this machine. */
import { computed, onScopeDispose, ref, watchEffect, type ComputedRef, type Ref } from 'vue'

export type ThemeChoice = 'system' | 'light' | 'dark'
const order: ThemeChoice[] = ['system', 'light', 'dark']

export interface ThemeOptions {
  /** before anybody has chosen */
  first?: ThemeChoice
  /** where the choice is kept: pages with the same key share it */
  key?: string
}

/** The choice after this one: system, light, dark, round. */
export function nextTheme(c: ThemeChoice): ThemeChoice {
  return order[(order.indexOf(c) + 1) % order.length] ?? 'system'
}

/** Keeps <html data-theme> in step with the choice and the system. */
export function useTheme({ first = 'system', key = 'rw.staff.theme' }: ThemeOptions = {}): { choice: Ref<ThemeChoice>; dark: ComputedRef<boolean>; turn(): void } {
  const stored = localStorage.getItem(key)
  const choice = ref<ThemeChoice>(order.find((c) => c === stored) ?? first)
  const query = matchMedia('(prefers-color-scheme: dark)')
  const system = ref(query.matches)
  const changed = (e: MediaQueryListEvent): void => {
    system.value = e.matches
  }
  query.addEventListener('change', changed)
  onScopeDispose(() => query.removeEventListener('change', changed))
  const dark = computed(() => (choice.value === 'system' ? system.value : choice.value === 'dark'))
  watchEffect(() => {
    document.documentElement.dataset.theme = dark.value ? 'dark' : 'light'
  })
  return {
    choice,
    dark,
    turn() {
      choice.value = nextTheme(choice.value)
      localStorage.setItem(key, choice.value)
    },
  }
}
