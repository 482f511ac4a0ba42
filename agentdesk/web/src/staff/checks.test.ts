import { describe, expect, it } from 'vitest'
import type { Level, Part, PartCheck, StationLive } from '@/lib/protocol.gen'
import { stationLevel, troubled, unheard } from '@/board/trouble'
import en from '@/i18n/staff.en'
import type { Texts } from '@/i18n'
import { checkedMS, checkWords, levelOf, sortedChecks, troubles } from './checks'

const check = (part: Part, level: Level, value = 0, detail = '', at_ms = 1000): PartCheck => ({ part, level, value, detail, at_ms })

describe('a self-check', () => {
  const all = [check('network', 'green', 20, '', 900), check('speaker', 'red', 0, 'missing'), check('camera', 'amber'), check('document', 'red', 0, 'denied')]
  it('puts red before amber before green, then by part', () => expect(sortedChecks(all).map((c) => c.part)).toEqual(['document', 'speaker', 'camera', 'network']))
  it('has the level of its worst part', () => {
    expect(levelOf(all)).toBe('red')
    expect(levelOf([check('network', 'green')])).toBe('green')
    expect(levelOf([])).toBeUndefined()
    expect(levelOf(null)).toBeUndefined()
  })
  it('tells only what needs somebody', () => expect(troubles(all).map((c) => c.part)).toEqual(['document', 'speaker', 'camera']))
  it('is as old as its oldest part', () => {
    expect(checkedMS(all)).toBe(900)
    expect(checkedMS(undefined)).toBe(0)
  })
  it.each([
    [check('clock', 'amber', -12_400), 'check.value.clock', '-12.4'], [check('network', 'amber', 430.4), 'check.value.network', '430'], [check('speaker', 'red', 0, 'missing'), 'check.detail.missing', '0'], [check('document', 'amber', 1600, 'small'), 'check.value.document', '1600'],
    [check('media', 'amber', 96, 'tcp'), 'check.detail.tcp', '96'], [check('media', 'red', 0, 'odd'), 'check.detail.unknown', '0'], [check('printer', 'red', 0, 'paper_out'), 'check.detail.paper_out', '0'], [check('printer', 'green'), 'check.detail.fine', '0'],
  ])('%j reads as %s', (c, key, n) => {
    expect(checkWords(c)).toEqual({ key, n })
    expect(key.split('.').reduce<string | Texts | undefined>((at, k) => (typeof at === 'object' ? at[k] : undefined), en)).toBeTypeOf('string')
  })
})

describe('stations in trouble', () => {
  const live = (id: string, change: Partial<StationLive> = {}): StationLive => ({ id, name: id, grid: 'north', specialist: '', state: 'idle', since_ms: 1, faults: [], help: false, checks: [check('camera', 'green')], ...change })
  it('stand red first, then amber, gone, never heard of; what is well is left out', () => {
    const list = [
      live('s1'), live('s2', { checks: [] }), live('s3', { state: 'offline' }), live('s4', { checks: [check('network', 'amber')] }), live('s5', { checks: [check('speaker', 'red')] }), live('s6', { state: 'offline', since_ms: 0, checks: [] }),
      live('s7', { state: 'fault', faults: ['camera_missing'], checks: [check('camera', 'red'), check('document', 'red')] }),
    ]
    expect(troubled(list).map((s) => s.id)).toEqual(['s7', 's5', 's4', 's3', 's2', 's6'])
  })
  it('an old check of a station that is gone says nothing of now', () => {
    expect(stationLevel(live('s1', { state: 'offline', checks: [check('camera', 'red')] }))).toBeUndefined()
    expect(unheard(live('s1', { state: 'offline', since_ms: 0 }))).toBe('never')
    expect(unheard(live('s1', { checks: undefined }))).toBe('unchecked')
  })
})
