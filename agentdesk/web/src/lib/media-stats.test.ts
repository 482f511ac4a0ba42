import { describe, expect, it } from 'vitest'
import { pathOf } from './media-stats'

describe('path', () => {
  it.each([
    ['udp', { candidateType: 'host', protocol: 'udp' }, 'udp'],
    ['tcp', { candidateType: 'host', protocol: 'tcp' }, 'tcp'],
    ['a relay over udp', { candidateType: 'relay', protocol: 'udp' }, 'relay'],
    ['unknown', {}, ''],
  ])('%s is named', (_name, local, want) => {
    const pair = { localCandidateId: 'l', remoteCandidateId: 'r' }
    expect(pathOf(new Map(Object.entries({ p: pair, l: local, r: {} })), pair)).toBe(want)
  })
})
