/** Changes that are not saved: the way out of a section asks before they are lost. */
import { computed, inject, onScopeDispose, provide, shallowReactive, type ComputedRef, type InjectionKey, type Ref } from 'vue'

interface Guard {
  dirty: ComputedRef<boolean>
  watch(of: Ref<boolean>): void
}
const key: InjectionKey<Guard> = Symbol('guard')

/** For the page: knows every section's unsaved changes, and keeps the browser from closing over them. */
export function provideGuard(): Guard {
  const all = shallowReactive(new Set<Ref<boolean>>())
  const dirty = computed(() => [...all].some((r) => r.value))
  const unload = (e: BeforeUnloadEvent): void => {
    if (dirty.value) e.preventDefault()
  }
  window.addEventListener('beforeunload', unload)
  onScopeDispose(() => window.removeEventListener('beforeunload', unload))
  const guard: Guard = {
    dirty,
    watch(of) {
      all.add(of)
      onScopeDispose(() => all.delete(of))
    },
  }
  provide(key, guard)
  return guard
}

/** For a section or a dialog: these are its unsaved changes. */
export function guardChanges(of: Ref<boolean>): void {
  inject(key, undefined)?.watch(of)
}

/** Equal as what would be sent. */
export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
