import { describe, expect, it } from 'vitest'
import { meanLuminance, verdicts, worst, type Readings } from './checks'

describe('verdict', () => {
  it.each<[Readings, string, string, string?]>([
    [{ camera: 16 }, 'camera', 'green'],
    [{ camera: 15.9 }, 'camera', 'red', 'black'],
    [{ camera: 'denied' }, 'camera', 'red', 'denied'],
    [{ document: 2592 }, 'document', 'green'],
    [{ document: 2591 }, 'document', 'amber', 'small'],
    [{ document: 1280 }, 'document', 'amber', 'small'],
    [{ document: 1279 }, 'document', 'red', 'small'],
    [{ document: 0 }, 'document', 'red', 'missing'],
    [{ microphone: -59 }, 'microphone', 'green'],
    [{ microphone: -60 }, 'microphone', 'amber', 'silent'],
    [{ microphone: Number.NEGATIVE_INFINITY }, 'microphone', 'amber', 'silent'],
    [{ microphone: 'missing' }, 'microphone', 'red', 'missing'],
    [{ outputs: 1 }, 'speaker', 'green'],
    [{ outputs: undefined }, 'speaker', 'green'],
    [{ outputs: 0 }, 'speaker', 'red', 'missing'],
    [{ rttMS: 199 }, 'network', 'green'],
    [{ rttMS: 200 }, 'network', 'amber', 'slow'],
    [{ rttMS: 800 }, 'network', 'red', 'slow'],
    [{ path: 'udp' }, 'media', 'green', 'udp'],
    [{ path: 'tcp' }, 'media', 'amber', 'tcp'],
    [{ path: 'relay' }, 'media', 'amber', 'relay'],
    [{ offsetMS: -4_999 }, 'clock', 'green'],
    [{ offsetMS: -5_000 }, 'clock', 'amber', 'off'],
    [{ offsetMS: 60_000 }, 'clock', 'red', 'off'],
  ])('%j', (read, part, level, detail) => {
    const [check] = verdicts(read, 1_700_000_000_000.4)
    expect(check).toMatchObject({ part, level, at_ms: 1_700_000_000_000, ...(detail === undefined ? {} : { detail }) })
    expect(Number.isFinite(check?.value)).toBe(true)
    expect(JSON.parse(JSON.stringify(check))).toEqual(check)
  })

  it('says nothing of what was not looked at', () => expect(verdicts({}, 1)).toEqual([]))
  it('lists each part once, in one order', () => {
    expect(verdicts({ offsetMS: 0, camera: 90, document: 3000, microphone: -20, outputs: 1, rttMS: 3, path: 'udp' }, 1).map((c) => c.part)).toEqual(['camera', 'document', 'microphone', 'speaker', 'network', 'media', 'clock'])
  })
})

describe('worst trouble', () => {
  it.each([
    [[], undefined],
    [['mic_missing', 'camera_denied'], 'both_denied'],
    [['mic_missing', 'camera_missing', 'document_camera_missing'], 'both_missing'],
    [['mic_missing', 'document_camera_missing'], 'mic_missing'],
    [['camera_missing'], 'camera_missing'],
    [['document_camera_missing'], 'document_camera_missing'],
  ] as const)('%j', (faults, want) => expect(worst(faults, [], false)).toBe(want))
  it('a black camera and a missing loudspeaker come from the self-check', () => {
    expect(worst(['document_camera_missing'], verdicts({ camera: 3 }, 1), false)).toBe('camera_black')
    expect(worst([], verdicts({ outputs: 0 }, 1), false)).toBe('speaker_missing')
    expect(worst(['mic_missing'], verdicts({ camera: 3 }, 1), false)).toBe('mic_missing')
  })
  it('an address without encryption explains all others', () => expect(worst(['camera_missing', 'mic_missing'], [], true)).toBe('insecure'))
})

it('luminance weighs the colours as eyes do', () => {
  expect(meanLuminance(new Uint8ClampedArray([255, 255, 255, 255, 0, 0, 0, 255]))).toBeCloseTo(127.5)
  expect(meanLuminance(new Uint8ClampedArray([0, 255, 0, 255]))).toBeGreaterThan(meanLuminance(new Uint8ClampedArray([255, 0, 0, 255])))
})
