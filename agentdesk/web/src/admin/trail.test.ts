import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dispositionValues, endReasonValues, nextStepValues, verdictValues } from '@/lib/protocol.gen'
import en from '@/i18n/admin.en'
import zh from '@/i18n/admin.zh'
import type { Texts } from '@/i18n'
import { actionOf, actorOf, detailOf, type Say } from './trail'

const sayIn = (texts: Texts): Say => (key, values = {}) => {
  const found = key.split('.').reduce<string | Texts | undefined>((at, part) => (typeof at === 'object' ? at[part] : undefined), texts.admin)
  return typeof found === 'string' ? found.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name])) : undefined
}
const dumb: Say = () => undefined

/** Every action that the Go sources write down, by the forms they do it in. */
function written(): string[] {
  const root = join(process.cwd(), '../..')
  const actions = new Set<string>()
  for (const dir of ['agentdesk', 'agentdesk/records', 'cmd/remotewindow']) {
    for (const file of readdirSync(join(root, dir)).filter((f) => f.endsWith('.go') && !f.endsWith('_test.go'))) {
      const source = readFileSync(join(root, dir, file), 'utf8')
      for (const form of [/Action(?::| =) "([\w.]+)"/g, /\.step\([^"\n]*"([\w.]+)"/g, /s\.audit\([^"\n]*(?:"station", )?"([\w.]+)", /g, /changePerson\([^\n]*?"(person\.\w+)"/g]) {
        for (const [, action = ''] of source.matchAll(form)) actions.add(action)
      }
    }
  }
  const kinds = ['people', 'stations', 'affinity', 'hours', 'holidays', 'matters']
  return [...actions].filter((a) => a.includes('.')).flatMap((a) => (a.endsWith('.') ? kinds.map((k) => a + k) : [a])).sort()
}

describe('what the server writes down', () => {
  const actions = written()
  it('is found in its sources', () => {
    for (const one of ['session.open', 'login.ok', 'login.failed', 'login.forbidden', 'station.enrol_failed', 'station.login', 'station.add', 'person.disabled', 'ticket.accept', 'ticket.unfinished', 'page.open', 'export.people', 'import.matters', 'audit.verify']) expect(actions).toContain(one)
  })
  it.each(actions)('%s has words', (action) => {
    for (const texts of [zh, en]) {
      expect(actionOf(action, sayIn(texts))).not.toBe(action)
      expect(actionOf(action, sayIn(texts))).not.toMatch(/[{}]|undefined/)
    }
  })
  it('tells what is done from what is not', () => {
    for (const texts of [zh, en]) {
      const words = ['session.open', 'login.ok', 'login.failed', 'login.forbidden', 'station.login', 'station.enrol', 'station.enrol_failed', 'ticket.end', 'ticket.finish', 'ticket.abandon', 'ticket.unfinished'].map((a) => actionOf(a, sayIn(texts)))
      expect(new Set(words).size).toBe(words.length)
    }
  })
  it.each([['disposition', dispositionValues], ['next', nextStepValues], ['reason', endReasonValues], ['verdict', verdictValues]] as const)('each %s has words', (field, values) => {
    for (const texts of [zh, en]) for (const value of values) if (value) expect(detailOf({ [field]: value }, sayIn(texts))).not.toMatch(new RegExp(`[:：] ?${value}$`))
  })
})

describe('the trail', () => {
  it.each([
    [{}, ''], [null, ''],
    [{ disposition: 'accepted', next: 'close', epoch: '1' }, '办结类型：已受理；下一步：办结；轮次：1'],
    [{ role: 'agent', role_was: '' }, '角色：座席'], [{ disabled: 'true', disabled_was: 'false' }, '停用：否 → 是'], [{ seat: '', seat_was: '3 号' }, '席位：3 号 → 空'],
    [{ weekday_1: '08:30-16:30', weekday_1_was: '09:00-16:30' }, '星期一：09:00-16:30 → 08:30-16:30'], [{ ring_s: '30', ring_s_was: '20' }, '振铃：20 → 30'],
    [{ key: 'a', key_was: 'b' }, '钥匙：b → a'], [{ new_one: 'x', n: 1 }, 'new_one：x；n：1'], [{ o: { x: 1 } }, 'o：{"x":1}'],
  ])('%j reads %s', (detail, line) => expect(detailOf(detail, sayIn(zh))).toBe(line))
  it('reads without words too', () => expect(detailOf({ a: 'b', n: 1 }, dumb)).toBe('a b, n 1'))
  it('cuts what is long', () => expect([...detailOf({ a: '字'.repeat(500) }, dumb)]).toHaveLength(241))
  it('names the server', () => {
    expect(actorOf('system', sayIn(en))).toBe('The server')
    expect(actorOf('agent3', sayIn(en))).toBe('agent3')
    expect(actionOf('moon.landing', sayIn(en))).toBe('moon.landing')
  })
})
