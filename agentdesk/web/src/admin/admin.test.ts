import { describe, expect, it, vi } from 'vitest'
import { differences, merged } from './changed'
import { importCSV, listOf, putStation, Refusal, tryCSV } from './client'
import { same } from './guard'
import { passwordProblem, personProblems } from './person'
import { enrolmentOf, stationProblems } from './station'
import { byDay, clockOf, draftOf, holidayProblem, hoursOf, ofDays, sound, spanProblem } from './timetable'
import type { Hours, Person, StationRow } from './wire'

const person = (change: Partial<Person> = {}): Person => ({ login: 'agent1', name: '王老师', role: 'agent', seat: '', skills: [], stations: [], disabled: false, created_ms: 0, ...change })
const station = (change: Partial<StationRow> = {}): StationRow => ({ id: 's07', name: '云桥村', grid: 'middle', specialist: '', affinity: '', closed: false, keys: [], code_expires_ms: 0, ...change })

describe('a person', () => {
  it.each([
    ['agent1', undefined], ['a', undefined], ['a.b_c-9', undefined], ['', 'login'], ['Agent', 'login'], ['-a', 'login'], ['a'.repeat(33), 'login'], ['有', 'login'], ['taken', 'taken'],
  ])('login %s: %s', (login, wrong) => expect(personProblems(person({ login }), undefined, ['taken']).login).toBe(wrong))
  it('counts letters, not code units', () => {
    expect(personProblems(person({ name: '𠮷'.repeat(32) }), undefined, []).name).toBeUndefined()
    expect(personProblems(person({ name: '𠮷'.repeat(33) }), undefined, []).name).toBe('name')
    expect(personProblems(person({ name: '  ' }), undefined, []).name).toBe('name')
  })
  it.each([['short', 'short'], ['xxAgent1xxxx', 'is_login'], ['aaaaaaaaaaaa', 'few'], ['good-Word-75', '']])('password %s: %s', (password, wrong) => expect(passwordProblem(password, 'agent1')).toBe(wrong))
})

describe('a station', () => {
  const key = (revoked_ms: number) => ({ id: 'k', created_ms: 1, used_ms: 0, revoked_ms })
  it.each([
    [[key(0)], 0, 'enrolled'], [[key(5)], 0, 'none'], [[key(5), key(0)], 0, 'enrolled'], [[], 2000, 'code'], [[], 1000, 'none'], [[], 500, 'none'],
  ] as const)('keys %j, code until %d: %s', (keys, code_expires_ms, is) => expect(enrolmentOf({ keys: [...keys], code_expires_ms }, 1000)).toBe(is))
  it.each([['s07', undefined], ['S07', 'id'], ['', 'id'], ['s01', 'taken'], ['a b', 'id']])('id %s: %s', (id, wrong) => expect(stationProblems(station({ id }), ['s01']).id).toBe(wrong))
})

describe('hours', () => {
  it.each([['8:30', '08:30'], ['830', '08:30'], ['0830', '08:30'], ['8：30', '08:30'], ['24:00', '24:00'], [' 9.15 ', '09:15'], ['nine', 'nine'], ['8', '8'], ['', '']])('%s is typed for %s', (typed, is) => expect(clockOf(typed)).toBe(is))
  it.each([['08:30', '16:30', ''], ['08:30', '24:00', ''], ['16:30', '08:30', 'order'], ['08:30', '08:30', 'order'], ['24:00', '24:00', 'time'], ['08:60', '16:30', 'time'], ['', '16:30', 'time']])('%s to %s: %s', (open, close, wrong) => expect(spanProblem(open, close)).toBe(wrong))
  it('a week comes back as it was, days that are off left out', () => {
    const h: Hours = { always: false, week: [{ weekday: 0, open: '09:00', close: '12:00' }, { weekday: 3, open: '08:30', close: '16:30' }], holidays: [{ date: '2026-10-01', closed: true, open: '', close: '', note: '国庆节' }] }
    expect(hoursOf(draftOf(h))).toEqual(h)
    expect(draftOf(h).week.map((d) => d.on)).toEqual([false, false, true, false, false, false, true])
  })
  it('come back from their days', () => {
    const h: Hours = { always: true, week: [{ weekday: 0, open: '09:00', close: '12:00' }], holidays: [{ date: '2026-10-01', closed: true, open: '', close: '', note: '' }] }
    expect(ofDays(byDay(h))).toEqual(h)
    expect(ofDays(byDay({ always: false, week: [], holidays: [] }))).toEqual({ always: false, week: [], holidays: [] })
  })
  it('knows wrong holidays', () => {
    const day = (date: string, closed = true) => ({ date, closed, open: '10:00', close: '9:00', note: '' })
    expect(holidayProblem(day(''), [])).toBe('date')
    expect(holidayProblem(day('2026-13-40'), [])).toBe('date')
    const twice = [day('2026-10-01'), day('2026-10-01')]
    expect(holidayProblem(twice[0] as (typeof twice)[0], twice)).toBe('twice')
    expect(holidayProblem(day('2026-10-01', false), [])).toBe('time')
    expect(sound({ always: false, week: [], holidays: twice })).toBe(false)
  })
})

describe('requests', () => {
  const answers = (status: number, body: string) => vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { status })))
  it.each([
    [422, '{"code":"invalid","rows":2,"added":0,"changed":0,"same":0,"errors":[{"row":2,"column":"role","code":"bad_role","value":"x"}]}', 'invalid', 1],
    [413, '{"code":"too_large"}', 'too_large', undefined], [503, '<html>', 'records_away', undefined], [500, '', 'internal', undefined], [200, 'not JSON', 'internal', undefined], [409, '{}', 'conflict', undefined], [412, '', 'changed', undefined],
  ])('an import answered %d %s is refused as %s', async (status, body, code, errors) => {
    answers(status, body)
    const refused = await tryCSV('people', new Blob(['x'])).catch((e: unknown) => e)
    expect(refused).toBeInstanceOf(Refusal)
    expect((refused as Refusal).code).toBe(code)
    expect((refused as Refusal).report?.errors.length).toBe(errors)
  })
  it.each([['TimeoutError', 'timeout'], ['TypeError', 'network']])('a %s is %s', async (name, code) => {
    vi.stubGlobal('fetch', () => Promise.reject(name === 'TypeError' ? new TypeError('x') : new DOMException('x', name)))
    expect(((await importCSV('people', new Blob(['x']), 'v').catch((e: unknown) => e)) as Refusal).code).toBe(code)
  })
  it.each([
    ['v1', { 'If-Match': '"v1"' }], [undefined, { 'If-None-Match': '*' }],
  ])('a station seen as %s says so', async (version, says) => {
    const asked = vi.fn<(path: string, init: RequestInit) => Promise<Response>>(() => Promise.resolve(new Response('{}')))
    vi.stubGlobal('fetch', asked)
    await putStation(station(), version)
    expect(asked.mock.calls[0]?.[1].headers).toEqual({ ...says, 'Content-Type': 'application/json' })
  })
  it('tells what stands now', async () => {
    answers(412, '{"code":"changed","present":{"name":"新村","version":"v2"}}')
    expect(await putStation(station(), 'v1').catch((e: unknown) => e)).toMatchObject({ code: 'changed', present: { name: '新村', version: 'v2' } })
  })
  it('takes bare and named lists', () => {
    expect(listOf([1], 'x')).toEqual([1])
    expect(listOf({ x: [2] }, 'x')).toEqual([2])
    expect(listOf({ x: null }, 'x')).toEqual([])
    expect(listOf(null, 'x')).toEqual([])
  })
})

it('compares what would be sent', () => {
  expect(same({ a: [1] }, { a: [1] })).toBe(true)
  expect(same({ a: [1] }, { a: [2] })).toBe(false)
})

describe('another was faster', () => {
  const seen = { a: '1', b: '1', c: '1', gone: '1' }
  it.each([
    ['nothing here, one there', seen, { ...seen, a: '2' }, { ...seen, a: '2' }, [['a', '2', undefined]]],
    ['one here, another there', { ...seen, b: '3' }, { ...seen, a: '2' }, { ...seen, a: '2', b: '3' }, [['a', '2', undefined], ['b', '1', '3']]],
    ['the same field', { ...seen, a: '3' }, { ...seen, a: '2' }, { ...seen, a: '3' }, [['a', '2', '3']]],
    ['the same value', { ...seen, a: '2' }, { ...seen, a: '2' }, { ...seen, a: '2' }, []],
    ['gone there', seen, { a: '1', b: '1', c: '1' }, { a: '1', b: '1', c: '1' }, [['gone', '', undefined]]],
    ['gone here', { a: '1', b: '1', c: '1' }, { ...seen, c: '2' }, { a: '1', b: '1', c: '2' }, [['c', '2', undefined], ['gone', '1', '']]],
    ['new on both sides', { ...seen, d: '4' }, { ...seen, e: '5' }, { ...seen, d: '4', e: '5' }, [['e', '5', undefined], ['d', '', '4']]],
  ] as [string, Record<string, string>, Record<string, string>, Record<string, string>, [string, string, string?][]][])('%s', (_what, mine, now, together, told) => {
    expect(merged(seen, mine, now)).toEqual(together)
    expect(differences(seen, mine, now).map((d) => [d.label, d.now, d.mine])).toEqual(told)
  })
})
