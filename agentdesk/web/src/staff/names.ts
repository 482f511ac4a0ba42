/** Titles of matters and names of stations, by id, for pages of staff. */
import { computed, shallowRef, watch, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { info } from '@/lib/api'
import { Catalogue, catalogue as load, type Lang } from '@/lib/catalogue'

/** Loads once somebody is signed in, again after a failure; an unknown id reads as itself. */
export function useNames(user: Ref<unknown>) {
  const { t, locale } = useI18n()
  const catalogue = shallowRef(Catalogue.empty)
  const stations = shallowRef(new Map<string, string>())
  let retry: ReturnType<typeof setTimeout> | undefined

  async function fill(): Promise<void> {
    clearTimeout(retry)
    try {
      const [c, i] = await Promise.all([load(), info()])
      catalogue.value = c
      stations.value = new Map((i.stations ?? []).map((s) => [s.id, s.name]))
    } catch {
      retry = setTimeout(() => void fill(), 5000) // ids stand in meanwhile
    }
  }
  watch(user, (u) => {
    if (u && catalogue.value === Catalogue.empty) void fill()
  }, { immediate: true })

  const lang = computed<Lang>(() => (locale.value === 'en' ? 'en' : 'zh'))
  return {
    catalogue,
    /** '' is 直接见面 */
    matter: (id: string): string => (id === '' ? t('staff.straight') : catalogue.value.title(catalogue.value.matter(id), lang.value) || id),
    station: (id: string): string => stations.value.get(id) ?? id.toUpperCase(),
  }
}
