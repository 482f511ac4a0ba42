/** Every state of the board, named, in each theme and text size. */
import { allow, answered, expect, test, type Page } from '../guard'
import * as fixture from '../fixtures/board'
import type { PaperServer } from '../fixtures/server'
import { closed, holds, open, signIn } from './board.fixture'

// Six cells each: a second on a quiet machine, many on a busy one.
test.describe.configure({ timeout: 120_000 })
test.use({ viewport: { width: 1920, height: 1080 } })

const live = (page: Page) => expect(page.getByTestId('board')).toHaveAttribute('data-state', 'live')
const many = () => fixture.board({ waiting: Array.from({ length: 9 }, (_, i) => ({ ticket: `w${i}`, number: `A0${20 + i}`, station: `s${String(i + 1).padStart(2, '0')}`, matter: 'ltc', who: '' as const, priority: i % 2, since_ms: Date.now() - (150 - i * 12) * 1000, state: i ? 'waiting' : 'offered', agent: '' })) })
/** Seats wait beside people: an alarm. */
const stuck = () => {
  const b = fixture.board()
  return { ...b, seats: b.seats.map((s) => (s.state === 'away' ? { ...s, state: 'ready' as const, reason: '', since_ms: Date.now() - 60_000 } : s)) }
}

interface State {
  name: string
  first?: () => unknown
  then?: (page: Page, server: PaperServer) => Promise<unknown>
  seen?: (page: Page) => Promise<void>
}
const station = (id: string) => (page: Page) => page.getByTestId(`board-station-${id}`).getByRole('button').click()
const detail = (page: Page) => expect(page.getByTestId('board-station-detail')).toBeVisible()

/** States of a board that is open, a page each. */
const states: State[] = [
  { name: 'live', seen: live },
  { name: 'late', first: () => fixture.board({ queue_ms: Date.now() - 38_000 }), seen: (page) => expect(page.getByTestId('board')).toHaveAttribute('data-state', 'late') },
  { name: 'lost', then: async (page, server) => {
    await live(page)
    await server.down()
  }, seen: (page) => expect(page.getByTestId('board')).toHaveAttribute('data-state', 'lost') },
  { name: 'empty', first: () => fixture.board({ waiting: [], seats: [], minutes: [], calls: 0 }), seen: (page) => expect(page.getByTestId('board-waiting')).toHaveText('0') },
  { name: 'many', first: many, seen: (page) => expect(page.getByText('还有 3 位')).toBeVisible() },
  { name: 'stuck', first: stuck, seen: (page) => expect(page.getByText('有空座席', { exact: true })).toBeVisible() },
  { name: 'loading', first: () => undefined, seen: (page) => expect(page.getByTestId('board').getByText('正在打开').first()).toBeVisible() },
  { name: 'detail', then: station('s13'), seen: detail },
  { name: 'detail-old', then: station('s12'), seen: detail },
  { name: 'detail-unchecked', then: station('s17'), seen: detail },
  { name: 'faults', then: (page) => page.getByTestId('board-only-faults').click(), seen: (page) => expect(page.getByTestId('board-faults')).toBeVisible() },
  { name: 'routing', first: fixture.routing, seen: (page) => expect(page.getByTestId('board-forecast')).toContainText('41/50（P80）') },
  { name: 'ticket-why', first: fixture.routing, then: (page) => page.getByTestId('board-open-A013').click(), seen: (page) => expect(page.getByTestId('why-history')).toContainText('唐老师空得最久') },
  { name: 'ticket-assign', first: fixture.routing, then: async (page, server) => {
    server.deny('ticket.assign', 'wrong_state', 'offer')
    await page.getByTestId('board-open-A012').click()
    await page.getByRole('radio', { name: /唐老师/ }).check()
    await page.locator('#ticket-reason').fill('老人等得久了')
    await page.getByTestId('board-act').click()
  }, seen: (page) => expect(page.getByRole('alert')).toContainText('这位座席正在振铃') },
  { name: 'message', first: fixture.routing, then: (page) => page.getByTestId('board-message-all').click(), seen: (page) => expect(page.getByTestId('board-message')).toBeVisible() },
  { name: 'formulas', first: fixture.routing, then: (page) => page.getByTestId('board-forecast').getByRole('button').click(), seen: (page) => expect(page.getByTestId('board-formulas')).toContainText('41 ÷ 50') },
  { name: 'en', then: (page) => page.getByRole('button', { name: 'English' }).click(), seen: (page) => expect(page.getByText('Longest wait')).toBeVisible() },
  { name: 'faults-en', then: async (page) => {
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByTestId('board-only-faults').click()
  }, seen: (page) => expect(page.getByTestId('board-faults')).toBeVisible() },
]

for (const s of states) {
  test(`${s.name} holds`, async ({ page }) => {
    const server = await open(page, s.first)
    await s.then?.(page, server)
    await s.seen?.(page)
    await holds(page, s.name)
  })
}

test('log-in: fresh, and each refusal, holds', async ({ page }) => {
  test.slow()
  await closed(page)
  await expect(page.getByTestId('board-login')).toBeVisible()
  await holds(page, 'login')
  await signIn(page, 'wrong')
  await expect(page.getByRole('alert')).toContainText('密码')
  await holds(page, 'login-wrong')
  for (const [status, code] of [[403, 'forbidden'], [429, 'rate'], [503, 'records_away']] as const) {
    allow(answered(status, '/api/login'))
    await page.route('**/api/login', (route) => route.fulfill({ status, contentType: 'application/json', body: JSON.stringify({ code, retry_ms: 60_000 }) }))
    await signIn(page)
    await expect(page.getByRole('alert')).toBeVisible()
    await holds(page, `login-${code}`)
  }
})

test('opening holds', async ({ page }) => {
  await closed(page)
  await page.route('**/api/board/me', () => undefined)
  await page.reload()
  await expect(page.getByRole('status')).toBeVisible()
  await holds(page, 'opening')
})
