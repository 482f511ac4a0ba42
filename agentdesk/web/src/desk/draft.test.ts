import { describe, expect, it } from 'vitest'
import { dispositions, firstDraft, loadDraft, nextStepAfter, nextStepOf, saveDraft } from './draft'

describe('next step', () => {
  it('is suggested by the disposition, and by nothing else', () => {
    expect(nextStepOf('')).toBe('')
    expect(Object.fromEntries(dispositions.map((d) => [d, nextStepOf(d)]))).toEqual({
      accepted: 'close', consulted: 'close', refused: 'close', mistake: 'close',
      pending: 'follow', offline: 'follow', department: 'follow', home_visit: 'follow', disconnected: 'follow',
    })
  })
  it('is preset for no call but a lost one, and then never 办结', () => {
    for (const ended of [undefined, 'hang_up', 'station_hang_up', 'abandoned'] as const) expect(firstDraft(ended)).toEqual({ disposition: '', nextStep: '', note: '' })
    for (const ended of ['lost', 'revoked'] as const) expect(firstDraft(ended)).toEqual({ disposition: 'disconnected', nextStep: 'follow', note: '' })
  })
  it.each([
    ['', '', 'accepted', 'close'],
    ['close', 'accepted', 'pending', 'follow'],
    ['follow', 'disconnected', 'accepted', 'close'],
    ['relay', 'accepted', 'pending', 'relay'],
    ['relay', '', 'accepted', 'relay'],
    ['close', 'pending', 'offline', 'close'],
  ] as const)('%s of %s becomes, with %s, %s', (step, before, d, after) => expect(nextStepAfter(step, before, d)).toBe(after))
  it('of a draft without one is the suggestion', () => {
    saveDraft('t9', { disposition: 'home_visit', nextStep: '', note: '' })
    expect(loadDraft('t9', 'hang_up').nextStep).toBe('follow')
    sessionStorage.clear()
  })
})
