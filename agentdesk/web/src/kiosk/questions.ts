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

/** Drawing of a material: the two cards that are drawn, and plain paper for everything else. */
export function drawingOf(slot: string): { href: string; box: string } {
  if (slot === 'id_card' || slot.endsWith('_id_card')) return { href: '#idf', box: '0 0 856 540' }
  if (slot === 'social_card') return { href: '#ssc', box: '0 0 856 540' }
  return { href: '#paper', box: '0 0 600 848' }
}
