import { describe, expect, it } from 'vitest'
import type { Lack, StationState, Way } from '@/lib/protocol.gen'
import { canWait, lacking, momentOf } from './ways'

const server = (state: string, lack?: Lack, ways?: Way[]) => ({ state, lack, ways }) as unknown as StationState

describe('ways', () => {
  it.each([
    ['open', server('idle'), true, false],
    ['open, all ways named', server('idle', '', ['wait', 'callback']), true, false],
    ['nobody', server('idle', 'nobody', ['wait', 'callback']), true, true],
    ['full', server('idle', 'full', ['callback', 'point']), false, true],
    ['closed', server('closed', 'closed', ['callback']), false, true],
    ['a server that names none', server('closed'), false, false],
  ] as const)('%s', (_name, state, waits, lacks) => expect([canWait(state), lacking(state)]).toEqual([waits, lacks]))
})

describe('moment', () => {
  const t = (key: string, named: Record<string, unknown>) => `${key} ${Object.values(named).join(' ')}`.trim()
  const at = (text: string) => Date.parse(`${text}+08:00`)
  it.each([
    ['2026-11-23T20:00', '2026-11-24T08:30', 'closed.tomorrow head.morning 8:30'],
    ['2026-11-23T07:00', '2026-11-23T08:30', 'closed.today head.morning 8:30'],
    ['2026-11-27T20:00', '2026-11-30T13:05', 'closed.later 11 30 head.afternoon 13:05'],
  ])('%s to %s', (from, to, want) => expect(momentOf(t, at(from), at(to), 'Asia/Shanghai')).toBe(want))
})
