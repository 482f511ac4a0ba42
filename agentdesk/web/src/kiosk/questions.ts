import type { Catalogue, CatalogueMatter } from '@/lib/catalogue'

/** Pages of the questions; materials shows what to bring for a chosen matter. */
export type Step = 'who' | 'theme' | 'matter' | 'materials'

/** At most this many choices stand on one page (look.md 8). */
export const choicesPerPage = 6

/** One page of the matters of a theme, and whether another follows. */
export function matterPage(catalogue: Catalogue, theme: string, page: number): { matters: CatalogueMatter[]; more: boolean } {
  const all = catalogue.mattersOf(theme)
  const start = page * choicesPerPage
  return { matters: all.slice(start, start + choicesPerPage), more: start + choicesPerPage < all.length }
}

/** The page before, or undefined where the questions began. */
export function before(step: Step, first: Step): Step | undefined {
  if (step === first) return undefined
  return ({ who: undefined, theme: 'who', matter: 'theme', materials: 'matter' } as const)[step]
}

/** Drawing of a material: the three that are drawn, and plain paper. */
export function drawingOf(slot: string): { href: string; box: string } {
  if (/id_card|identity|身份证/.test(slot)) return { href: '#idf', box: '0 0 856 540' }
  if (/social|ssc|card|社保/.test(slot)) return { href: '#ssc', box: '0 0 856 540' }
  if (/form|application|申请/.test(slot)) return { href: '#form', box: '0 0 600 848' }
  return { href: '#paper', box: '0 0 600 848' }
}
