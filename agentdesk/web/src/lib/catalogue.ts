import { Failure } from './failure'
import type { Side } from './protocol.gen'

/** One material a matter needs; slots of the checklist come from it. */
export interface CatalogueSlot {
  id: string
  title: string
  title_en: string
  note: string
  note_en: string
  sides: Side[]
}

export interface CatalogueMatter {
  id: string
  theme: string
  family: string
  title: string
  title_en: string
  /** checked against the office's own guide; otherwise the page says so */
  verified: boolean
  bundle?: string
  slots: CatalogueSlot[]
}

export interface CatalogueTheme {
  id: string
  title: string
  title_en: string
}

export interface CatalogueData {
  edition: string
  themes: CatalogueTheme[]
  matters: CatalogueMatter[]
}

export type Lang = 'zh' | 'en'

/** The catalogue with look-ups. It never throws for unknown ids: they read as ''. */
export class Catalogue {
  constructor(readonly data: CatalogueData) {}

  static readonly empty = new Catalogue({ edition: '', themes: [], matters: [] })

  theme(id: string): CatalogueTheme | undefined {
    return this.data.themes.find((t) => t.id === id)
  }

  matter(id: string): CatalogueMatter | undefined {
    return this.data.matters.find((m) => m.id === id)
  }

  mattersOf(theme: string): CatalogueMatter[] {
    return this.data.matters.filter((m) => m.theme === theme)
  }

  slot(matter: string, slot: string): CatalogueSlot | undefined {
    return this.matter(matter)?.slots.find((s) => s.id === slot)
  }

  title(item: { title: string; title_en: string } | undefined, lang: Lang): string {
    if (item === undefined) return ''
    return lang === 'en' && item.title_en !== '' ? item.title_en : item.title
  }
}

/** @throws Failure network, internal */
export async function catalogue(): Promise<Catalogue> {
  let response: Response
  try {
    response = await fetch('/api/catalogue')
  } catch (error) {
    throw new Failure('network', String(error))
  }
  if (!response.ok) throw new Failure('internal', `HTTP ${response.status}`)
  const data = (await response.json()) as CatalogueData
  return new Catalogue({ edition: data.edition, themes: data.themes ?? [], matters: (data.matters ?? []).map((m) => ({ ...m, slots: m.slots ?? [] })) })
}
