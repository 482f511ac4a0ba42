import { describe, expect, it } from 'vitest'
import { Catalogue, type CatalogueMatter } from '@/lib/catalogue'
import { before, drawingOf, matterPage } from './questions'

const matter = (i: number): CatalogueMatter => ({ id: `m${i}`, theme: 'a', family: 'f', title: `${i}`, title_en: '', verified: true, slots: [] })
const catalogue = new Catalogue({ edition: '1', themes: [], matters: Array.from({ length: 8 }, (_, i) => matter(i)) })

describe('questions', () => {
  it('shows six matters a page and says whether more follow', () => {
    expect(matterPage(catalogue, 'a', 0)).toMatchObject({ more: true, matters: { length: 6 } })
    expect(matterPage(catalogue, 'a', 1).matters.map((m) => m.id)).toEqual(['m6', 'm7'])
    expect(matterPage(catalogue, 'a', 1).more).toBe(false)
    expect(matterPage(catalogue, 'b', 0).matters).toEqual([])
  })
  it('goes back one question, and out at the first', () => {
    expect([before('materials', 'who'), before('matter', 'who'), before('theme', 'who'), before('who', 'who'), before('theme', 'theme')]).toEqual(['matter', 'theme', 'who', undefined, undefined])
  })
  it('draws only what it knows', () => {
    expect(['id_card', 'guardian_id_card', 'social_card', 'bank_card', 'lease'].map((s) => drawingOf(s).href)).toEqual(['#idf', '#idf', '#ssc', '#paper', '#paper'])
  })
})
