/** The main states of the desk over a server of paper: what each shows and sends, in every theme and text size. */
import { createHash } from 'node:crypto'
import { expect, test } from '../guard'
import * as desk from '../fixtures/desk'
import { holds, open, paperShown, signIn, state } from './desk.fixture'

// Six cells each: a second on a quiet machine, many on a busy one.
test.describe.configure({ timeout: 120_000 })
for (const [width, height] of [[1920, 1080], [1366, 768]] as const) {
  test.describe(`${width} × ${height}`, () => {
    test.use({ viewport: { width, height } })
    const tag = String(width)

    test('log-in', async ({ page }) => {
      await open(page, desk.ready, false)
      await expect(state(page)).toHaveAttribute('data-state', 'offline')
      await signIn(page, 'wrong')
      await expect(page.getByRole('alert')).toContainText('密码')
      await holds(page, `login-${tag}`)
      await page.getByTestId('desk-password').fill('demo')
      await page.getByTestId('desk-login').click()
      await expect(state(page)).toHaveAttribute('data-state', 'ready')
    })

    test('ready', async ({ page }) => {
      const server = await open(page, desk.ready)
      await expect(page.getByRole('heading', { name: '等待来电' })).toBeVisible()
      await expect(page.getByText('《就医记录册》补发')).toBeVisible()
      await holds(page, `ready-${tag}`)
      await page.getByRole('button', { name: '小休' }).click()
      await expect.poll(() => server.sent.find((m) => m.type === 'agent.set')?.body).toEqual({ presence: 'away', reason: 'break' })
    })

    test('offer', async ({ page }) => {
      const server = await open(page, desk.offer)
      await expect(page.getByTestId('desk-offer')).toBeVisible()
      await expect(state(page)).toHaveAttribute('data-state', 'offer')
      await expect.poll(() => server.sent.some((m) => m.type === 'offer.shown')).toBe(true)
      await holds(page, `offer-${tag}`)
      await page.keyboard.press('Control+Enter')
      await expect.poll(() => server.sent.find((m) => m.type === 'offer.accept')?.body).toEqual({ ticket: 't12', epoch: 1048577 })
    })

    test('call', async ({ page }) => {
      const server = await open(page, desk.call)
      await paperShown(page)
      await page.getByRole('button', { name: /身份证/ }).first().click()
      const hash = await page.getByTestId('desk-page').getAttribute('data-sha256')
      const id = await page.getByTestId('desk-page').getAttribute('data-page')
      expect(hash).toBe(createHash('sha256').update(desk.pages[id ?? ''] ?? '').digest('hex'))
      await holds(page, `call-${tag}`)
      await page.locator('.canvas').focus()
      await page.keyboard.press('r')
      await page.keyboard.press('+')
      await page.keyboard.press('1')
      await expect.poll(() => server.sent.find((m) => m.type === 'slot.judge')?.body).toMatchObject({ slot: 'id_card', verdict: 'passed' })
      await page.getByTestId('desk-hangup').click()
      expect(server.sent.some((m) => m.type === 'call.hang_up')).toBe(false)
      await page.getByTestId('desk-hangup').click()
      await expect.poll(() => server.sent.some((m) => m.type === 'call.hang_up')).toBe(true)
    })

    test('wrap-up', async ({ page }) => {
      const server = await open(page, desk.wrapup)
      await expect(page.getByTestId('desk-finish')).toBeDisabled()
      await page.keyboard.press('2')
      await page.getByTestId('desk-disposition').locator('input[value=accepted]').check()
      await page.getByTestId('desk-note').fill('老人听力不好，请助办员打电话时慢一点。')
      await holds(page, `wrapup-${tag}`)
      await page.keyboard.press('Control+Enter')
      // Not every paper passed: asked once, and only the second answer sends.
      await expect(page.getByTestId('desk-finish-ask')).toBeVisible()
      await expect(page.getByTestId('desk-finish-back')).toBeFocused()
      await holds(page, `wrapup-ask-${tag}`)
      await page.getByTestId('desk-finish-back').click()
      await expect(page.getByTestId('desk-finish-ask')).toBeHidden()
      expect(server.sent.some((m) => m.type === 'call.finish')).toBe(false)
      await page.keyboard.press('Control+Enter')
      await page.getByTestId('desk-finish-anyway').click()
      await expect.poll(() => server.sent.find((m) => m.type === 'call.finish')?.body).toMatchObject({ disposition: 'accepted', next_step: 'close', ticket: 't12' })
    })
  })
}

test('in English the main states hold', async ({ page }) => {
  test.slow()
  await page.setViewportSize({ width: 1366, height: 768 })
  const server = await open(page, desk.ready)
  await page.getByRole('button', { name: 'English' }).click()
  let version = 1
  for (const [name, first] of [['ready', desk.ready], ['offer', desk.offer], ['call', desk.call], ['wrapup', desk.wrapup]] as const) {
    server.push('desk.state', { ...first(), version: ++version })
    await expect(state(page)).toHaveAttribute('data-state', name)
    if (name === 'call') await paperShown(page)
    await holds(page, `${name}-en`)
  }
})
