import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setZone } from '@/staff/zone'
import type { ColleagueView, QueueRow, ScheduledRow } from '@/lib/protocol.gen'
import { bookedFor, byUse, dateOf, does, dueOf, familiesOf, firstDue, keptFor, mayPull } from './routing'

const row = (change: Partial<QueueRow> = {}): QueueRow => ({ ticket: 't', number: 'A001', station: 's01', matter: '', who: '', priority: 0, since_ms: 0, state: 'waiting', agent: '', ...change })
const colleague = (id: string, state: ColleagueView['state'], families: string[] = []): ColleagueView => ({ id, name: id, seat: id, state, families })

describe('the line', () => {
  it('is pulled from by somebody who is ready, and only what rings nowhere', () => {
    expect([mayPull(row(), 'ready'), mayPull(row(), 'away'), mayPull(row({ state: 'offered' }), 'ready')]).toEqual([true, false, false])
  })
  it('tells who a ticket is kept for', () => {
    expect([keptFor(row({ agent: 'b' }), 'a'), keptFor(row({ agent: 'a' }), 'a'), keptFor(row(), 'a'), keptFor(row({ agent: 'b', state: 'offered' }), 'a')]).toEqual(['b', '', '', ''])
  })
})

describe('colleagues', () => {
  const all = [colleague('2', 'call', ['x']), colleague('10', 'ready', ['y']), colleague('9', 'ready', ['y']), colleague('3', 'ready'), colleague('1', 'away')]
  it('stand by use: can come now, does it, seat', () => {
    expect(byUse(all, 'x').map((c) => c.id)).toEqual(['3', '9', '10', '1', '2'])
  })
  it('do everything when they name nothing; no matter asks for nothing', () => {
    expect([does(all[3]!, 'x'), does(all[1]!, 'x'), does(all[1]!, '')]).toEqual([true, false, true])
  })
  it('name their families once', () => expect(familiesOf(all)).toEqual(['x', 'y']))
})

describe.each(['Asia/Shanghai', 'Europe/Berlin', 'America/New_York'])('times of a booking in %s', (zone) => {
  beforeEach(() => setZone(zone))
  afterEach(() => setZone('UTC'))

  it('read back as they were written, over both changes of the clocks', () => {
    for (const date of ['2026-01-15', '2026-03-08', '2026-03-29', '2026-07-01', '2026-10-25', '2026-11-01', '2028-02-29']) {
      const due = dueOf(date, '09:30')!
      expect(dateOf(due)).toBe(date)
      const shown = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(due)
      expect(shown, date).toBe('09:30')
    }
  })
  it('are none while a field is empty', () => expect([dueOf('', '09:30'), dueOf('2026-01-15', ''), dueOf('tomorrow', 'early')]).toEqual([undefined, undefined, undefined]))
  it('begin on the next day that is no weekend', () => {
    // 2026-11-20 is a Friday.
    expect(firstDue(dueOf('2026-11-20', '15:00')!)).toEqual({ date: '2026-11-23', time: '09:00' })
    expect(firstDue(dueOf('2026-11-23', '15:00')!)).toEqual({ date: '2026-11-24', time: '09:00' })
  })
})

it('what is booked for a station comes soonest first', () => {
  const r = (ticket: string, station: string, due_ms: number): ScheduledRow => ({ ticket, station, due_ms, number: '', kind: 'callback', matter: '', priority: 0, since_ms: 0 })
  expect(bookedFor([r('b', 's1', 2), r('x', 's2', 0), r('a', 's1', 1)], 's1').map((x) => x.ticket)).toEqual(['a', 'b'])
  expect(bookedFor(undefined, 's1')).toEqual([])
})
