import { describe, expect, it, vi } from 'vitest'
import { Failure, type ErrorCode } from '@/lib/failure'
import type { StationState } from '@/lib/protocol.gen'
import type { Socket } from '@/lib/socket'
import { useCommands } from './commands'

function resident() {
  const sent: [string, unknown][] = []
  let refusal: ErrorCode | undefined
  const send = ((type: string, body: unknown) => {
    sent.push([type, body])
    return refusal === undefined ? Promise.resolve({}) : Promise.reject(new Failure(refusal))
  }) as unknown as Socket['send']
  const cameras = { open: vi.fn(() => Promise.resolve()), close: vi.fn() }
  const c = useCommands({ send, cameras, consent: () => '2026-11' })
  return { sent, cameras, c, refuse: (code: ErrorCode) => (refusal = code) }
}
const waiting = (matter: string) => ({ state: 'waiting', ticket: { id: 't1', matter } }) as unknown as StationState

describe('commands', () => {
  it('one press is one ticket, with the notice that stood under the button', async () => {
    const { c, sent, cameras } = resident()
    await Promise.all([c.press('zh'), c.press('zh')])
    expect(sent).toEqual([['ticket.take', { consent_text: '2026-11', lang: 'zh' }]])
    expect([c.taking.value, cameras.close.mock.calls.length]).toEqual([false, 0])
  })

  it('a press that is refused says why and turns the cameras off', async () => {
    const { c, cameras, refuse } = resident()
    refuse('records_away')
    await c.press('zh')
    expect([c.problem.value, c.taking.value, cameras.close.mock.calls.length]).toEqual(['records_away', false, 1])
  })

  it('what was chosen before the press goes to the ticket once', async () => {
    const { c, sent } = resident()
    await c.press('zh', { theme: 't0', matter: 'm0' })
    c.follow(waiting(''))
    c.follow(waiting(''))
    expect(sent.slice(1)).toEqual([['ticket.revise', { theme: 't0', matter: 'm0' }]])
  })

  it('and never to the ticket of the next resident', async () => {
    const { c, sent } = resident()
    await c.press('zh', { matter: 'm0' })
    c.wipe()
    c.follow(waiting(''))
    expect(sent).toHaveLength(1)
  })

  it.each([['wrong_state', ''], ['stale', ''], ['timeout', 'timeout']] as const)('%s at the end is said as %j', async (code, said) => {
    const { c, refuse } = resident()
    refuse(code)
    await c.command('ticket.leave')
    expect(c.problem.value).toBe(said)
  })

  it('help that did not get through is not said to be on its way', async () => {
    const { c, refuse } = resident()
    await c.help()
    expect(c.helpAsked.value).toBe(true)
    refuse('offline')
    await c.help()
    expect(c.helpAsked.value).toBe(false)
  })
})
