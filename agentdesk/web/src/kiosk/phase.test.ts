import { describe, expect, it } from 'vitest'
import type { StationState } from '@/lib/protocol.gen'
import { band, stateOf, viewOf, wantsMedia, type Facts } from './phase'

const server = (state: StationState['state'], more: Partial<StationState> = {}) => ({ state, pages: [], ...more }) as unknown as StationState
const facts = (more: Partial<Facts> = {}): Facts => ({ server: server('idle'), enrolling: false, checking: false, cut: false, stopped: '', trouble: undefined, resetting: false, ...more })
const capture = { id: 'c1', slot: 'id_card', title: '身份证', side: 'front', shooting: false } as const

describe('state of the kiosk', () => {
  it.each([
    ['nothing known', facts({ server: undefined }), 'boot', 'boot'],
    ['idle', facts(), 'idle', 'idle'],
    ['closed stays closed without a camera', facts({ server: server('closed'), trouble: 'camera_missing' }), 'closed', 'closed'],
    ['no camera at idle', facts({ trouble: 'camera_denied' }), 'fault', 'fault'],
    ['no camera in the queue', facts({ server: server('waiting'), trouble: 'camera_denied' }), 'waiting', 'waiting'],
    ['only the document camera is missing', facts({ trouble: 'document_camera_missing' }), 'idle', 'idle'],
    ['call', facts({ server: server('call') }), 'call', 'call'],
    ['capture', facts({ server: server('call', { capture: { ...capture } }) }), 'capture', 'capture'],
    ['cut in a call', facts({ server: server('call'), cut: true }), 'offline', 'call'],
    ['cut before the first state', facts({ server: undefined, cut: true }), 'offline', 'boot'],
    ['ring after the summary', facts({ server: server('summary'), resetting: true }), 'reset', 'summary'],
    ['the ring ends when the server moves on', facts({ server: server('waiting'), resetting: true }), 'waiting', 'waiting'],
    ['ring over the book', facts({ resetting: true }), 'reset', 'idle'],
    ['no key', facts({ enrolling: true, stopped: 'not_enrolled', cut: true }), 'enrol', 'enrol'],
    ['self-check at boot', facts({ checking: true }), 'boot', 'boot'],
    ['self-check does not keep a ticket waiting', facts({ checking: true, server: server('waiting') }), 'waiting', 'waiting'],
    ['another kiosk took over', facts({ stopped: 'replaced', cut: true }), 'fault', 'fault'],
  ] as const)('%s', (_name, f, state, view) => {
    expect(stateOf(f)).toBe(state)
    expect(viewOf(f)).toBe(view)
  })

  it('wants media from the press to the end of the call', () => {
    expect((['idle', 'waiting', 'ringing', 'call', 'capture', 'summary', 'closed'] as const).map(wantsMedia)).toEqual([false, true, true, true, true, false, false])
  })
})

describe('band', () => {
  it.each([
    [0, 0, undefined],
    [0, 20_000, { low: 1, high: 1 }],
    [180_000, 290_000, { low: 3, high: 5 }],
    [600_000, 300_000, { low: 5, high: 5 }],
  ])('%d–%d', (low, high, want) => expect(band(low, high)).toEqual(want))
})
