import { describe, expect, it } from 'vitest'
import type { Texts } from './index'
import kiosk from './kiosk.zh'
import shared from './shared.zh'

// Wording of what residents read (ux.md 6.7 point 6): spoken, short, Chinese.

const flat = (texts: Texts, path = ''): [string, string][] =>
  Object.entries(texts).flatMap(([key, value]) => (typeof value === 'string' ? [[path + key, value] as [string, string]] : flat(value, `${path}${key}.`)))
const texts = [...flat(kiosk), ...flat(shared).filter(([key]) => !key.startsWith('staff'))]

/** The button that leads to the other language is in that language. */
const foreign = new Set(['head.language'])

describe.each(texts)('%s', (key, text) => {
  it('is spoken, short and Chinese', () => {
    expect(text).not.toMatch(/点击|此处|请勿|失败|非法/)
    const words = text.replace(/\{\w+\}/g, '12').replaceAll('‖', '')
    if (!foreign.has(key)) expect(words).not.toMatch(/[A-Za-z]{2,}/)
    for (const sentence of words.split(/[。？！；]/)) expect([...sentence.replace(/\s/g, '')].length, sentence).toBeLessThanOrEqual(24)
    expect(words).not.toMatch(/[,;?!]/)
  })
})
