import { describe, expect, it } from 'vitest'
import staffZh from '@/i18n/staff.zh'
import type { Texts } from '@/i18n'
import { ruleValues, type WhyView } from '@/lib/protocol.gen'
import { problemKey } from './problem'
import { keptWaiting, moreAhead, passedOver } from './why'

const why = (change: Partial<WhyView> = {}): WhyView => ({ at_ms: 0, agent: 'a', name: '王老师', rule: 'own', waited_ms: 0, need: [], step: 0, agents: [], ahead: [], ahead_n: 0, result: '', ...change })

describe('an explanation', () => {
  it('gathers agents by reason, in the order of the queue', () => {
    const agents = [{ id: 'b', name: '徐老师', because: 'call' }, { id: 'c', name: '陆老师', because: 'away' }, { id: 'd', name: '', because: 'call' }]
    expect(passedOver(why({ agents }))).toEqual([{ because: 'call', names: ['徐老师', 'd'] }, { because: 'away', names: ['陆老师'] }])
  })
  it('names who stood before, also one that has gone, and says when there were more', () => {
    const w = why({ ahead: [{ number: 'A009', because: 'held' }, { number: '', because: 'held' }], ahead_n: 7 })
    expect(keptWaiting(w, '?')).toEqual([{ because: 'held', names: ['A009', '?'] }])
    expect([moreAhead(w), moreAhead(why())]).toEqual([true, false])
  })
  it('reads lists that Go left out', () => {
    const bare = { ...why(), agents: null, ahead: null } as unknown as WhyView
    expect([passedOver(bare), keptWaiting(bare, ''), moreAhead(bare)]).toEqual([[], [], false])
  })

  const texts = staffZh.why as Texts
  // Written down in PROTOCOL.md and queue/why.go.
  it.each([
    ['rule', [...ruleValues]], ['short', [...ruleValues]], ['agent', ['idle_later', 'not_asked', 'skills', 'excluded', 'offer', 'call', 'wrapup', 'rona', 'away', 'lost', 'offline']],
    ['ticket', ['hours', 'held', 'lost', 'skills', 'excluded', ...ruleValues]], ['result', ['ringing', 'accepted', 'declined', 'rona', 'undelivered', 'withdrawn']],
  ])('has a sentence for every %s', (group, keys) => {
    for (const key of keys) expect((texts[group] as Texts)[key], key).toBeTruthy()
  })
})

describe('a refusal', () => {
  const stands = staffZh.stands as Texts
  const known = (key: string): boolean => key.startsWith('stands.') && Boolean((stands[key.split('.')[1] ?? ''] as Texts | undefined)?.what)
  it.each(['offline', 'ready', 'offer', 'call', 'wrapup', 'rona', 'away', 'lost', 'hours', 'skills', 'reviews', 'third', 'held', 'scheduled'])('because of %s says what to do', (because) => {
    expect(problemKey('wrong_state', because, known)).toBe(`stands.${because}`)
    expect((stands[because] as Texts).do).toBeTruthy()
  })
  it('falls back to its code', () => expect([problemKey('wrong_state', 'new_word', known), problemKey('wrong_state', '', known), problemKey('stale', 'call', known)]).toEqual(['code.wrong_state', 'code.wrong_state', 'code.stale']))
})
