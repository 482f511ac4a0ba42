import { computed, ref } from 'vue'
import type { Composer } from 'vue-i18n'
import type { Lang } from '@/lib/catalogue'

const sizes = ['m', 'l', 'xl'] as const
export type Size = (typeof sizes)[number]

/** Volume at the start of each resident, 0–1. */
const firstVolume = 0.8
const step = 0.2
const saidMS = 2_500

/** Text size, volume and language of the resident who sits here now. Kept in memory alone and reset after each. */
export function useComfort(i18n: Composer) {
  const size = ref<Size>('m')
  const volume = ref(firstVolume)
  const said = ref('')
  let quiet: ReturnType<typeof setTimeout> | undefined

  function say(text: string): void {
    said.value = text
    clearTimeout(quiet)
    quiet = setTimeout(() => {
      said.value = ''
    }, saidMS)
  }

  function show(): void {
    document.documentElement.dataset.size = size.value
    document.documentElement.lang = i18n.locale.value === 'en' ? 'en' : 'zh-CN'
  }

  return {
    size, volume, said,
    /** Somebody set something for himself. */
    changed: computed(() => size.value !== 'm' || volume.value !== firstVolume || i18n.locale.value !== 'zh'),
    grow(): void {
      size.value = sizes[(sizes.indexOf(size.value) + 1) % sizes.length] ?? 'm'
      show()
      say(i18n.t('head.size_now', { size: i18n.t(`head.sizes.${size.value}`) }))
    },
    louder(direction: 1 | -1): void {
      volume.value = Math.round(Math.min(1, Math.max(0, volume.value + direction * step)) * 10) / 10
      say(i18n.t('head.volume_now', { percent: Math.round(volume.value * 100) }))
    },
    speak(): void {
      i18n.locale.value = i18n.locale.value === 'zh' ? 'en' : 'zh'
      said.value = '' // it stands in the language before
      show()
    },
    lang(): Lang {
      return i18n.locale.value === 'en' ? 'en' : 'zh'
    },
    reset(): void {
      size.value = 'm'
      volume.value = firstVolume
      said.value = ''
      i18n.locale.value = 'zh'
      show()
    },
  }
}

export type Comfort = ReturnType<typeof useComfort>
