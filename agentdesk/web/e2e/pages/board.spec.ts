/** The board over a server of paper: figures, ages, what it opens; its looks are in board.states.spec. */
import { expect, test } from '../guard'
import * as fixture from '../fixtures/board'
import { overflow, violations } from '../fixtures/axe'
import { open } from './board.fixture'

test.use({ viewport: { width: 1920, height: 1080 } })

for (const [width, height] of [[1920, 1080], [1366, 768], [3840, 2160]] as const) {
  test(`figures at ${width}`, async ({ page }) => {
    await page.setViewportSize({ width, height })
    await open(page)
    await expect(page.getByTestId('board-waiting')).toHaveText('3')
    await expect(page.getByTestId('board-calls')).toHaveText('4')
    await expect(page.getByTestId('board-agents')).toHaveText('8')
    await expect(page.getByTestId('board-longest-wait')).toHaveText(/1:[45]\d|2:\d\d/)
    await expect(page.locator('[data-testid^=board-station-]')).toHaveCount(31)
    await expect(page.getByTestId('board-station-s01')).toHaveAttribute('data-state', 'waiting')
    const over = await overflow(page)
    expect(over.x).toBeLessThanOrEqual(1)
    expect(over.y).toBeLessThanOrEqual(1)
  })
}

test('a lost connection freezes the board and says since when', async ({ page }) => {
  const server = await open(page)
  await expect(page.getByTestId('board-waiting')).toHaveText('3')
  await server.down()
  await expect(page.getByTestId('board')).toHaveAttribute('data-state', 'lost')
  await expect(page.getByRole('status').first()).toContainText('正在重连')
})

test('late data is amber', async ({ page }) => {
  await open(page, () => fixture.board({ queue_ms: Date.now() - 38_000 }))
  await expect(page.getByTestId('board')).toHaveAttribute('data-state', 'late')
  await expect(page.locator('.age.late').first()).toHaveText(/^(3[89]|[45]\d) 秒前$/)
})

test('dark as drawn, until it is turned; the choice stays', async ({ page }) => {
  const theme = page.locator('html')
  await open(page, fixture.board, '')
  await expect(page.getByTestId('board')).toBeVisible()
  await expect(theme).toHaveAttribute('data-theme', 'dark')
  const turn = page.getByRole('button', { name: /^颜色/ })
  await turn.click() // as the system says: light here
  await expect(theme).toHaveAttribute('data-theme', 'light')
  await expect(turn).toHaveAccessibleName('颜色：跟随系统')
  await page.reload()
  await expect(theme).toHaveAttribute('data-theme', 'light')
})

test('a cell opens the parts of its station, red first, with value, unit and age', async ({ page }) => {
  await open(page)
  const cell = page.getByTestId('board-station-s13').getByRole('button')
  await expect(cell).toHaveAttribute('title', /网络：来回 430 毫秒/)
  await cell.focus()
  await page.keyboard.press('Enter')
  const detail = page.getByTestId('board-station-detail')
  await expect(detail.locator('tbody tr').first()).toHaveAttribute('data-part', 'document')
  await expect(detail.locator('tbody tr').nth(1)).toContainText('来回 430 毫秒')
  await expect(detail.locator('tbody tr').nth(1)).toContainText(/[34] 分钟前/)
  await page.keyboard.press('Escape')
  await expect(detail).toHaveCount(0)
  await expect(cell).toBeFocused()
})

test('only those in trouble: red, amber, gone, never heard of', async ({ page }) => {
  await open(page)
  await page.getByTestId('board-only-faults').click()
  const rows = page.getByTestId('board-faults').locator(':scope > li')
  await expect(rows).toHaveCount(6)
  expect(await rows.evaluateAll((all) => all.map((r) => r.className.replace(/ .*/, '')))).toEqual(['red', 'red', 'amber', 'amber', 'gone', 'gone'])
  await expect(rows.nth(1)).toContainText('喇叭：没有找到')
  await expect(rows.last()).toContainText('没有自检')
  await page.getByTestId('board-only-faults').click()
  await expect(page.getByTestId('board-station-s01')).toBeVisible()
})

for (const [width, height, percent] of [[1536, 864, 125], [1280, 720, 150]] as const) {
  test(`a browser that shows ${percent} % is a smaller window, and the wall fits it`, async ({ page }) => {
    await page.setViewportSize({ width, height })
    await open(page)
    await expect(page.getByTestId('board-waiting')).toHaveText('3')
    expect(await violations(page)).toEqual([])
    expect((await overflow(page)).x).toBeLessThanOrEqual(1)
  })
}

test('a supervisor assigns, moves and writes, each with its words', async ({ page }) => {
  const server = await open(page, fixture.routing)
  const sent = (type: string) => server.sent.find((m) => m.type === type)?.body
  await page.getByTestId('board-open-A012').click()
  await page.getByRole('radio', { name: /唐老师/ }).check()
  await expect(page.getByTestId('board-act')).toHaveText('先写原因')
  await page.locator('#ticket-reason').fill('老人等得久了')
  await page.getByTestId('board-act').click()
  await expect.poll(() => sent('ticket.assign')).toEqual({ ticket: 'A012', agent: '唐老师', reason: '老人等得久了' })
  await page.locator('#ticket-tab-assign').press('ArrowRight')
  await page.getByRole('radio', { name: '最优先' }).check()
  await page.locator('#ticket-reason').fill('老人身体不适')
  await page.getByTestId('board-act').click()
  await expect.poll(() => sent('ticket.reprioritise')).toEqual({ ticket: 'A012', priority: 3, reason: '老人身体不适' })
  await page.keyboard.press('Escape')
  await page.getByTestId('board-message-all').click()
  await page.locator('#message-text').fill('今天人多，请再等一会儿。')
  await page.getByTestId('board-act').click()
  await expect.poll(() => sent('message.send')).toEqual({ station: '', text: '今天人多，请再等一会儿。' })
  await expect(page.getByTestId('board-message').getByRole('status')).toContainText('已发到居民屏幕上')
})
