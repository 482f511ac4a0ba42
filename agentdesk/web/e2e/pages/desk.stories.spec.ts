/** What an agent does at the desk over a server of paper, step by step; its looks are in desk.spec and desk.states.spec. */
import { expect, test } from '../guard'
import * as desk from '../fixtures/desk'
import { open, paperShown, state } from './desk.fixture'

test.use({ viewport: { width: 1920, height: 1080 } })

test('decline asks for the reason', async ({ page }) => {
  const server = await open(page, desk.offer)
  await page.getByTestId('desk-decline').click()
  await page.locator('[data-reason=not_mine]').click()
  await expect.poll(() => server.sent.find((m) => m.type === 'offer.decline')?.body).toEqual({ ticket: 't12', epoch: 1048577, reason: 'not_mine' })
})

test('asks for the next missing side', async ({ page }) => {
  const server = await open(page, () => desk.call({ capture: undefined }))
  await paperShown(page)
  await page.getByTestId('desk-capture').click()
  await expect.poll(() => server.sent.find((m) => m.type === 'capture.ask')?.body).toEqual({ slot: 'id_card', side: 'back' })
})

test('a page that was not kept is told, until the next page', async ({ page }) => {
  const asked = { id: 'c1', slot: 'id_card', title: '身份证', side: 'back' as const }
  const server = await open(page, () => desk.call({ capture: { ...asked, shooting: true } }))
  await paperShown(page)
  await expect(page.getByTestId('desk-unkept')).toHaveCount(0)
  server.push('desk.state', { ...desk.call({ capture: { ...asked, shooting: false } }), version: 2 })
  await expect(page.getByTestId('desk-unkept')).toContainText('没有存下来')
  await page.getByTestId('desk-unkept').getByRole('button').click()
  await expect.poll(() => server.sent.find((m) => m.type === 'capture.ask')?.body).toEqual({ slot: 'id_card', side: 'back' })
  const next = desk.call({ capture: undefined })
  const front = next.call?.pages.find((p) => p.slot === 'id_card')
  if (front) next.call?.pages.push({ ...front, id: 'd'.repeat(32), side: 'back' })
  server.push('desk.state', { ...next, version: 3 })
  await expect(page.getByTestId('desk-unkept')).toHaveCount(0)
})

test('a refusal of the queue is told on the ready page until the next state', async ({ page }) => {
  const server = await open(page, () => desk.ready({ state: 'away', reason: 'break' }))
  server.deny('agent.set', 'queue_away')
  await page.getByTestId('desk-ready').click()
  await expect(page.getByTestId('desk-queue-late')).toHaveText('排队系统正在恢复，来电会晚一点。')
  server.push('desk.state', { ...desk.ready(), version: 2 })
  await expect(page.getByTestId('desk-queue-late')).toHaveCount(0)
})

test('ready does not lie while the queue is away', async ({ page }) => {
  const server = await open(page, () => desk.ready({ queue_away_ms: 74_000 }))
  await expect(page.getByRole('heading', { name: '暂时派不了来电' })).toBeVisible()
  await expect(page.locator('header')).toContainText('派不了来电')
  await expect(page.locator('header')).toContainText(/停在 1:[1-5]\d 前/)
  server.push('desk.state', { ...desk.ready(), version: 2 })
  await expect(page.getByRole('heading', { name: '等待来电' })).toBeVisible()
})

test('words of the call keys stay on one line on a small screen', async ({ page }) => {
  await page.setViewportSize({ width: 1366, height: 768 })
  await open(page, desk.call)
  const key = page.getByTestId('desk-hangup')
  await key.click()
  await expect(key).toHaveText('再点一次结束')
  expect(await key.evaluate((b) => [b.scrollWidth <= b.clientWidth, (b.querySelector('span')?.getBoundingClientRect().height ?? 99) < 30])).toEqual([true, true])
  await page.getByText('PJ-260312-012').scrollIntoViewIfNeeded()
  await expect(page.getByText('PJ-260312-012')).toBeInViewport()
})

test('before ready, 就绪 is the main act; signed out, the devices are still allowed', async ({ page }) => {
  await open(page, () => desk.ready({ state: 'offline' }))
  await expect(page.getByTestId('desk-ready')).toHaveClass(/main/)
  await page.getByRole('button', { name: '退出登录' }).click()
  await expect(page.getByTestId('desk-login')).toBeVisible()
  await expect(page.getByText('居民会这样看到您')).toBeVisible()
})

test('a lost socket keeps the call and comes back', async ({ page }) => {
  const server = await open(page, desk.call)
  await expect(page.getByTestId('desk-hangup')).toBeVisible()
  await server.down()
  await expect(state(page)).toHaveAttribute('data-state', 'lost')
  await expect(page.getByRole('alert').first()).toContainText('通话还在')
  await expect(page.getByTestId('desk-hangup')).toBeVisible()
  server.up()
  await expect(state(page)).toHaveAttribute('data-state', 'call', { timeout: 15_000 })
})

test('a call whose media is late says so above the call keys', async ({ page }) => {
  await open(page, () => desk.call({ connected_ms: 0, gate_open: false, media_late: true, capture: undefined }))
  const late = page.getByTestId('desk-media-late')
  await expect(late).toHaveText('对方画面还没有来，可以结束后重新呼叫。')
  const [words, key] = [await late.boundingBox(), await page.getByTestId('desk-hangup').boundingBox()]
  expect((words?.y ?? 0) + (words?.height ?? 0)).toBeLessThanOrEqual(key?.y ?? 0)
})

test('another desk is open', async ({ page }) => {
  await open(page, desk.ready, true, 'elsewhere')
  await expect(page.getByRole('heading', { name: '您的座席已在别处打开' })).toBeVisible()
  await page.getByTestId('desk-takeover').click()
  await expect(state(page)).toHaveAttribute('data-state', 'ready')
})

test('paused after a ring-out, and back', async ({ page }) => {
  const server = await open(page, () => desk.ready({ state: 'rona' }))
  await expect(state(page)).toHaveAttribute('data-state', 'rona')
  await page.getByTestId('desk-ready').click()
  await expect.poll(() => server.sent.find((m) => m.type === 'agent.set')?.body).toEqual({ presence: 'available', reason: '' })
})

test('who is ready pulls a ticket; one that is kept for a colleague only on a second press', async ({ page }) => {
  const server = await open(page, desk.busy)
  const row = page.locator('[data-ticket=t13]')
  await row.getByTestId('desk-pull').click()
  await expect(row).toContainText('这一位留给何老师')
  expect(server.sent.some((m) => m.type === 'ticket.pull')).toBe(false)
  await row.getByTestId('desk-pull').click()
  await expect.poll(() => server.sent.find((m) => m.type === 'ticket.pull')?.body).toEqual({ ticket: 't13' })
})

test('a call is held and resumed by key, and a refusal says what stands in the way', async ({ page }) => {
  const server = await open(page, desk.call)
  await paperShown(page)
  await page.keyboard.press('Control+Shift+H')
  await expect.poll(() => server.sent.find((m) => m.type === 'call.hold')?.body).toEqual({ on: true })
  server.push('desk.state', { ...desk.call({ held_since_ms: Date.now() - 5_000 }), version: 2 })
  await expect(page.getByTestId('desk-held')).toContainText(/0:0[5-9]|0:[1-5]\d/)
  server.deny('call.hold', 'wrong_state', 'third')
  await page.getByTestId('desk-resume').click()
  await expect.poll(() => server.sent.filter((m) => m.type === 'call.hold').at(-1)?.body).toEqual({ on: false })
  await expect(page.getByRole('status').filter({ hasText: '已经请了一位' })).toBeVisible()
})

test('a colleague is asked first, seen to join, and given the call', async ({ page }) => {
  const server = await open(page, desk.call)
  await paperShown(page)
  await page.keyboard.press('Control+Shift+I')
  await expect(page.locator('#to-agent2')).toBeDisabled()
  await page.locator('#to-agent1').check()
  await page.getByTestId('desk-transfer-go').click()
  await expect.poll(() => server.sent.find((m) => m.type === 'call.invite')?.body).toEqual({ agent: 'agent1', purpose: 'consult' })
  const third = { agent: 'agent1', name: '徐老师', seat: '1 号座席', purpose: 'consult' as const, state: 'offered' as const }
  server.push('desk.state', { ...desk.call({ third }), version: 2 })
  await expect(page.getByTestId('desk-transfer')).toHaveCount(0)
  await expect(page.getByTestId('desk-third')).toContainText('正在振铃')
  server.push('desk.state', { ...desk.call({ third: { ...third, state: 'joined' } }), version: 3 })
  await page.getByTestId('desk-hand-over').click()
  expect(server.sent.some((m) => m.type === 'call.hand_over')).toBe(false)
  await page.getByTestId('desk-hand-over').click()
  await expect.poll(() => server.sent.some((m) => m.type === 'call.hand_over')).toBe(true)
})

test('the third person judges nothing and leaves by himself', async ({ page }) => {
  const server = await open(page, () => desk.call({ purpose: 'third', owner: { name: '徐老师', seat: '1 号座席' } }))
  await paperShown(page)
  await expect(page.getByTestId('desk-hangup')).toHaveCount(0)
  await expect(page.locator('[data-verdict=passed]')).toHaveCount(0)
  await page.getByTestId('desk-third-leave').click()
  await expect.poll(() => server.sent.some((m) => m.type === 'third.leave')).toBe(true)
})

test('a cold transfer wants its reason; a call-back is booked from wrap-up', async ({ page }) => {
  const server = await open(page, desk.call)
  await paperShown(page)
  await page.getByTestId('desk-transfer-open').click()
  await page.locator('#way-cold').check()
  await page.locator('#to-agent2').check()
  await expect(page.getByTestId('desk-transfer-go')).toHaveText('先写原因')
  await page.locator('#transfer-reason').fill('要查医保')
  await page.getByTestId('desk-transfer-go').click()
  await expect.poll(() => server.sent.find((m) => m.type === 'call.transfer')?.body).toEqual({ agent: 'agent2', reason: '要查医保' })
  server.push('desk.state', { ...desk.wrapup(), version: 2 })
  await page.getByTestId('desk-book').click()
  await page.locator('#booking-date').fill('2036-03-12')
  await page.locator('#booking-time').fill('09:30')
  await page.getByTestId('desk-booking-make').click()
  await expect.poll(() => server.sent.find((m) => m.type === 'booking.make')?.body).toEqual({ station: 's07', kind: 'callback', due_ms: Date.parse('2036-03-12T09:30:00+08:00'), matter: 'ltc' })
  server.push('desk.state', { ...desk.wrapup(), scheduled: [{ ticket: 'k9', number: 'C009', kind: 'callback', station: 's07', matter: 'ltc', priority: 0, since_ms: Date.now(), due_ms: Date.parse('2036-03-12T09:30:00+08:00') }], version: 3 })
  await expect(page.getByTestId('desk-booked')).toContainText('已约回电：3 月 12 日')
})
