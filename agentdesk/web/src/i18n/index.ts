import { createI18n } from 'vue-i18n'
import type { Lang } from '@/lib/catalogue'
import en from './shared.en'
import zh from './shared.zh'

/** Nested texts; zh and en hold equal keys, which keys.test.ts compares. */
export interface Texts {
  [key: string]: string | Texts
}

/** The i18n of one page: its own texts over the shared ones (codes, faults). Call as pageI18n({ zh, en }). */
export function pageI18n(own: Record<Lang, Texts>, lang: Lang = 'zh') {
  return createI18n({
    legacy: false,
    locale: lang,
    fallbackLocale: 'zh',
    messages: { zh: { ...zh, ...own.zh }, en: { ...en, ...own.en } } as Record<Lang, Record<string, never>>,
    missingWarn: import.meta.env.DEV,
    fallbackWarn: false,
  })
}
