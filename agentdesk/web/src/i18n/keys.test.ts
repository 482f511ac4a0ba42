import { describe, expect, it } from 'vitest'
import { codeValues } from '@/lib/protocol.gen'
import type { Texts } from './index'
import shared from './shared.zh'

const files = import.meta.glob<{ default: Texts }>('./*.{zh,en}.ts', { eager: true })

function keys(texts: Texts, path = ''): string[] {
  return Object.entries(texts)
    .flatMap(([k, v]) => (typeof v === 'string' ? [path + k] : keys(v, `${path}${k}.`)))
    .sort()
}

const names = [...new Set(Object.keys(files).map((f) => f.replace(/\.(zh|en)\.ts$/, '')))]

describe('texts', () => {
  it('finds files', () => expect(names.length).toBeGreaterThan(1))

  it.each(names)('%s: zh and en hold equal keys', (name) => {
    const zh = files[`${name}.zh.ts`]
    const en = files[`${name}.en.ts`]
    expect(zh, `${name}.zh.ts`).toBeDefined()
    expect(en, `${name}.en.ts`).toBeDefined()
    expect(keys(en?.default ?? {})).toEqual(keys(zh?.default ?? {}))
  })

  it.each(names)('%s: no text is empty', (name) => {
    for (const lang of ['zh', 'en']) {
      const flat = (t: Texts): string[] => Object.values(t).flatMap((v) => (typeof v === 'string' ? [v] : flat(v)))
      for (const text of flat(files[`${name}.${lang}.ts`]?.default ?? {})) expect(text.trim()).not.toBe('')
    }
  })

  it.each(codeValues)('code %s says what happened and what to do', (code) => {
    const entry = (shared.code as Texts)[code] as Texts | undefined
    expect(entry?.what).toBeTruthy()
    expect(entry?.do).toBeTruthy()
  })
})
