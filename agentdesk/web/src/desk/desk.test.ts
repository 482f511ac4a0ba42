import { describe, expect, it, vi } from 'vitest'
import type { CallView, DeskState, PageView, SlotView } from '@/lib/protocol.gen'
import { mediaTicket } from './call-media'
import { missing, nextPlace, openSlots, progress, residentScreen, shotNumber, slotVerdict, strip } from './checklist'
import { deviceStateOf } from './devices'
import { claimDrafts, dispositionOfKey, dispositions, dropDraft, firstDraft, loadDraft, saveDraft, wipeDrafts } from './draft'
import { Pages, sha256Hex } from './pages'
import { gradeOf, settledGrade } from './quality'
import { presenceOf, shownState, whole } from './session'
import { nextTheme } from '@/staff/theme'
import { actOfKey, fitZoom, stepZoom } from './viewer'

const page = (id: string, slot: string, side: PageView['side'], at: number, verdict: PageView['verdict'] = ''): PageView => ({
  id, slot, side, sha256: '', bytes: 1, mime: 'image/jpeg', width: 1, height: 1, sharp: 0, at_ms: at, verdict,
})
const slot = (id: string, sides: SlotView['sides'], verdict: SlotView['verdict'] = ''): SlotView => ({ id, title: id.toUpperCase(), note: '', sides, verdict, pages: [] })
const call = (change: Partial<CallView>): CallView => ({
  ticket: 't', epoch: 1, number: 'A001', case: '', station: { id: 's01', name: '', grid: '', specialist: '' }, matter: '', theme: '', who: '', priority: 0, waited_ms: 0, accepted_ms: 1, connected_ms: 2,
  ended_ms: 0, station_lost: false, gate_open: true, faults: [], help: false, slots: [], pages: [], wrapup_ends_ms: 0, course: [], ...change,
})

describe('checklist', () => {
  const slots = [slot('form', ['page']), slot('card', ['front', 'back']), slot('proxy', ['front'], 'not_applicable')]

  it('a slot with two sides passes only when the newest page of both has', () => {
    const c = call({ slots: [slot('card', ['front', 'back'], 'passed')], pages: [page('1', 'card', 'front', 1, 'passed')] })
    expect(slotVerdict(c, c.slots[0]!)).toBe('')
    c.pages.push(page('2', 'card', 'back', 2, 'passed'))
    expect(slotVerdict(c, c.slots[0]!)).toBe('passed')
    c.pages.push(page('3', 'card', 'front', 3))
    expect(slotVerdict(c, c.slots[0]!)).toBe('')
  })

  it('counts without what does not apply, and names what is missing', () => {
    const c = call({ slots, pages: [page('1', 'form', 'page', 1, 'passed')] })
    expect(progress(c)).toEqual({ passed: 1, needed: 2 })
    expect(missing(c)).toEqual(['CARD'])
  })

  it('says why a slot stands open before a case is accepted', () => {
    const is = (pages: PageView[]) => openSlots(call({ slots, pages })).map((s) => `${s.title} ${s.is}`)
    expect(is([])).toEqual(['FORM missing', 'CARD missing'])
    expect(is([page('1', 'form', 'page', 1), page('2', 'card', 'front', 1, 'passed'), page('3', 'card', 'back', 2, 'retake')])).toEqual(['FORM judging', 'CARD retake'])
    expect(is([page('1', 'form', 'page', 1, 'passed'), page('2', 'card', 'front', 1, 'passed'), page('3', 'card', 'back', 2, 'passed')])).toEqual([])
  })

  it.each<[string, PageView[], string | undefined, unknown]>([
    ['the first side without a page', [], undefined, { slot: 'form', side: 'page' }],
    ['the slot in view first', [], 'card', { slot: 'card', side: 'front' }],
    ['the other side next', [page('1', 'card', 'front', 1)], 'card', { slot: 'card', side: 'back' }],
    ['a side to be shot again', [page('1', 'form', 'page', 1), page('2', 'card', 'front', 1, 'retake')], 'form', { slot: 'card', side: 'front' }],
    ['round to an earlier slot', [page('1', 'card', 'front', 1), page('2', 'card', 'back', 1)], 'card', { slot: 'form', side: 'page' }],
    ['the last side when nothing is missing', [page('1', 'card', 'front', 1), page('2', 'card', 'back', 1), page('3', 'form', 'page', 1)], 'card', { slot: 'card', side: 'back' }],
  ])('asks for %s', (_, pages, from, place) => expect(nextPlace(call({ slots, pages }), from)).toEqual(place))

  it('asks for nothing without slots', () => expect(nextPlace(call({}))).toBeUndefined())

  it('orders pages by slot, side and time, and counts shots', () => {
    const c = call({ slots, pages: [page('b', 'card', 'back', 1), page('f2', 'card', 'front', 3), page('x', 'form', 'page', 9), page('f1', 'card', 'front', 2)] })
    expect(strip(c).map((p) => p.id)).toEqual(['x', 'f1', 'f2', 'b'])
    expect(shotNumber(c, c.pages[1]!)).toBe(2)
  })

  it.each<[string, Partial<CallView>]>([
    ['talking', {}],
    ['ended', { ended_ms: 5, station_lost: true }],
    ['lost', { station_lost: true }],
    ['connecting', { connected_ms: 0, gate_open: false }],
    ['laying', { capture: { id: 'c', slot: 's', title: '', side: 'page', shooting: false } }],
    ['shooting', { capture: { id: 'c', slot: 's', title: '', side: 'page', shooting: true } }],
  ])('resident screen: %s', (words, change) => expect(residentScreen(call(change))).toBe(words))
})

describe('session', () => {
  const state = (change: Partial<DeskState>): DeskState =>
    ({ version: 1, state: 'ready', reason: '', since_ms: 0, now_ms: 0, agent_id: '', agent_name: '', seat: '', queue: [], free_seats: 0, stations: [], today: [], ...change })

  it('fills lists that Go left null', () => {
    const s = whole({ ...state({}), queue: null, today: null, stations: null, call: { ...call({}), pages: null, slots: [{ ...slot('a', []), sides: null, pages: null }], course: null, faults: null } } as unknown as DeskState)
    expect(s.queue).toEqual([])
    expect(s.call?.pages).toEqual([])
    expect(s.call?.slots[0]?.sides).toEqual([])
  })

  it.each<[string, Parameters<typeof shownState>]>([
    ['offline', [false, undefined, false]],
    ['offline', [true, undefined, false]],
    ['offline', [false, state({ state: 'call' }), true]],
    ['lost', [true, state({ state: 'call' }), true]],
    ['call', [true, state({ state: 'call' }), false]],
  ])('shows %s', (shown, args) => expect(shownState(...args)).toBe(shown))

  it.each<[DeskState['state'], string]>([
    ['ready', 'available'], ['offer', 'available'], ['call', 'available'], ['wrapup', 'available'], ['away', 'away'], ['rona', 'away'], ['offline', 'offline'],
  ])('%s asks to be %s again', (s, presence) => expect(presenceOf(state({ state: s }))).toBe(presence))
  it('asks for nothing at the first visit', () => expect(presenceOf(undefined)).toBeUndefined())

  it('holds media from the offer to the end of the call', () => {
    expect(mediaTicket(state({}))).toBe('')
    expect(mediaTicket(state({ state: 'offer', offer: { ticket: 'o' } as DeskState['offer'] }))).toBe('o')
    expect(mediaTicket(state({ state: 'call', call: call({ ticket: 'c' }) }))).toBe('c')
    expect(mediaTicket(state({ state: 'wrapup', call: call({ ticket: 'c', ended_ms: 9 }) }))).toBe('')
  })
})

describe('draft', () => {
  it('has the nine dispositions on keys 1–9', () => {
    expect(dispositions).toHaveLength(9)
    expect(dispositionOfKey('1')).toBe('accepted')
    expect(dispositionOfKey('9')).toBe('mistake')
    for (const k of ['0', 'a', '10', '']) expect(dispositionOfKey(k)).toBeUndefined()
  })
  it('begins a lost call as cut off', () => {
    expect(firstDraft('lost').disposition).toBe('disconnected')
    expect(firstDraft('hang_up').disposition).toBe('')
  })
  it('comes back after a reload, and not after the finish', () => {
    const draft = { disposition: 'pending' as const, nextStep: 'relay' as const, note: '慢一点' }
    saveDraft('t1', draft)
    expect(loadDraft('t1', 'hang_up')).toEqual(draft)
    expect(loadDraft('t2', 'hang_up')).toEqual(firstDraft('hang_up'))
    dropDraft('t1')
    expect(loadDraft('t1', 'hang_up')).toEqual(firstDraft('hang_up'))
  })
  it('is gone after sign-out, and for another agent; other keys stay', () => {
    const draft = { disposition: 'pending' as const, nextStep: 'relay' as const, note: '慢一点' }
    const first = firstDraft('hang_up')
    sessionStorage.setItem('rw.desk.presence', 'away')
    claimDrafts('agent1')
    saveDraft('t1', draft)
    saveDraft('t2', draft)
    claimDrafts('agent1')
    expect([loadDraft('t1', 'hang_up'), loadDraft('t2', 'hang_up')]).toEqual([draft, draft])
    claimDrafts('agent2')
    expect([loadDraft('t1', 'hang_up'), loadDraft('t2', 'hang_up')]).toEqual([first, first])
    saveDraft('t3', draft)
    wipeDrafts()
    expect(loadDraft('t3', 'hang_up')).toEqual(first)
    expect(Object.keys(sessionStorage)).toEqual(['rw.desk.presence'])
    sessionStorage.clear()
  })
  it('takes no broken or foreign store', () => {
    sessionStorage.setItem('rw.desk.draft.t3', '{')
    expect(loadDraft('t3', undefined)).toEqual(firstDraft(undefined))
    sessionStorage.setItem('rw.desk.draft.t3', JSON.stringify({ disposition: 'nonsense', nextStep: 3, note: 'x'.repeat(5000) }))
    expect(loadDraft('t3', undefined)).toEqual({ ...firstDraft(undefined), note: 'x'.repeat(2000) })
  })
})

describe('quality', () => {
  const report = { connected: true, rtt_ms: 30, loss_pct: 0, kbps_in: 900, kbps_out: 900, fps: 30 }
  it.each([
    ['unknown', { connected: false }], ['good', {}], ['fair', { rtt_ms: 250 }], ['fair', { loss_pct: 3 }], ['poor', { rtt_ms: 500 }], ['poor', { loss_pct: 6 }], ['poor', { kbps_in: 0 }],
  ])('%s', (grade, change) => expect(gradeOf({ ...report, ...change })).toBe(grade))
  it('calls poor only what lasts six seconds', () => {
    expect(settledGrade(['good', 'poor'])).toBe('fair')
    expect(settledGrade(['poor', 'poor', 'poor'])).toBe('poor')
    expect(settledGrade(['poor', 'poor', 'good'])).toBe('good')
    expect(settledGrade([])).toBe('unknown')
  })
})

describe('viewer', () => {
  const key = (k: string, mod = {}) => ({ key: k, ctrlKey: false, altKey: false, metaKey: false, ...mod })
  it.each([
    ['r', 'rotate'], ['R', 'rotate'], ['+', 'in'], ['=', 'in'], ['-', 'out'], ['−', 'out'], ['0', 'fit'], ['ArrowLeft', 'previous'], ['ArrowRight', 'next'], ['1', 'passed'], ['2', 'retake'], ['3', 'not_applicable'],
  ])('%s is %s', (k, act) => expect(actOfKey(key(k))).toBe(act))
  it('leaves keys with a modifier and other keys alone', () => {
    expect(actOfKey(key('1', { altKey: true }))).toBeUndefined()
    expect(actOfKey(key('0', { ctrlKey: true }))).toBeUndefined()
    expect(actOfKey(key('4'))).toBeUndefined()
  })
  it('steps between 25 and 400 %', () => {
    expect(stepZoom(1, 1)).toBe(1.25)
    expect(stepZoom(1.1, -1)).toBe(1)
    expect(stepZoom(4, 1)).toBe(4)
    expect(stepZoom(0.25, -1)).toBe(0.25)
  })
  it('fits, also when turned, and never enlarges', () => {
    expect(fitZoom(2000, 1000, 1000, 1000, 0)).toBe(0.5)
    expect(fitZoom(2000, 1000, 1000, 1000, 90)).toBe(0.5)
    expect(fitZoom(2000, 1000, 1000, 2000, 90)).toBe(1)
    expect(fitZoom(100, 100, 1000, 1000, 0)).toBe(1)
    expect(fitZoom(0, 0, 10, 10, 0)).toBe(1)
  })
})

describe('pages', () => {
  const bytes = new Blob([new Uint8Array([1, 2, 3])])
  const other = new Blob([new Uint8Array([1, 2, 4])])
  const hash = async () => sha256Hex(new Uint8Array([1, 2, 3]))
  const fetched = () => ({ ...page('p', 'form', 'page', 1) })

  it('shows what came over the channel when the hash is right', async () => {
    const pages = new Pages({ fetch: () => Promise.reject(new Error('not asked')) })
    pages.offered('p', { slot: 'form', side: 'page', size: 3 })
    expect(pages.held.get('p')?.state).toBe('coming')
    await pages.received('p', bytes, await hash())
    expect(pages.held.get('p')).toMatchObject({ state: 'ready', sha256: await hash() })
    pages.clear()
    expect(pages.held.size).toBe(0)
  })

  it('never shows bytes with another hash', async () => {
    const pages = new Pages({ fetch: () => Promise.reject(new Error('not asked')) })
    pages.offered('p', { slot: 'form', side: 'page', size: 3 })
    await pages.received('p', other, await hash())
    expect(pages.held.get('p')).toMatchObject({ state: 'error', code: 'bad_hash', url: '' })
    pages.clear()
  })

  it('fetches what the channel did not bring, and again on a retry', async () => {
    const answers = [other, bytes]
    const pages = new Pages({ fetch: () => Promise.resolve(answers.shift() as Blob), patienceMS: 0 })
    pages.expect([{ ...fetched(), sha256: await hash() }])
    await vi.waitFor(() => expect(pages.held.get('p')?.code).toBe('bad_hash'))
    await pages.load('p')
    expect(pages.held.get('p')?.state).toBe('ready')
    pages.clear()
  })

  it('fetches by itself, once, what broke over the channel and was stored', async () => {
    const answers = [other, bytes]
    const pages = new Pages({ fetch: () => Promise.resolve(answers.shift() as Blob) })
    const view = { ...fetched(), sha256: await hash() }
    pages.offered('p', { slot: 'form', side: 'page', size: 3 })
    pages.failed('p', 'bad_hash')
    expect(pages.held.get('p')).toMatchObject({ state: 'error', code: 'bad_hash' })
    pages.expect([view])
    expect(pages.held.get('p')?.state).toBe('coming')
    await vi.waitFor(() => expect(pages.held.get('p')?.state).toBe('error'))
    pages.expect([view])
    pages.failed('p', 'bad_hash')
    await new Promise((done) => setTimeout(done))
    expect(pages.held.get('p')).toMatchObject({ state: 'error', code: 'bad_hash' })
    expect(answers).toHaveLength(1)
    await pages.load('p')
    expect(pages.held.get('p')).toMatchObject({ state: 'ready', sha256: view.sha256 })
    pages.clear()
  })

  it('fetches at once what breaks over the channel after it was stored', async () => {
    const pages = new Pages({ fetch: () => Promise.resolve(bytes) })
    pages.offered('p', { slot: 'form', side: 'page', size: 3 })
    pages.expect([{ ...fetched(), sha256: await hash() }])
    pages.failed('p', 'cancelled')
    await vi.waitFor(() => expect(pages.held.get('p')?.state).toBe('ready'))
    pages.clear()
  })

  it('forgets a page that was withdrawn before it was stored', () => {
    const pages = new Pages({ fetch: () => Promise.reject(new Error('not asked')) })
    pages.offered('p', { slot: 'form', side: 'page', size: 3 })
    pages.failed('p', 'cancelled')
    expect(pages.held.size).toBe(0)
  })
})

it('names what a refused device means', () => {
  expect(deviceStateOf(new DOMException('', 'NotAllowedError'))).toBe('denied')
  expect(deviceStateOf(new DOMException('', 'NotFoundError'))).toBe('missing')
  expect(deviceStateOf(new DOMException('', 'NotReadableError'))).toBe('busy')
})

it('turns the theme round', () => {
  expect(nextTheme('system')).toBe('light')
  expect(nextTheme('light')).toBe('dark')
  expect(nextTheme('dark')).toBe('system')
})
