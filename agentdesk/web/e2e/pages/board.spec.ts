/** The board over a server of paper: figures, ages, the frozen state, and no axe violation. */
import { expect, test, type Page } from '../guard'
import * as fixture from '../fixtures/board'
import * as desk from '../fixtures/desk'
import { paperServer, type PaperServer } from '../fixtures/server'
import { violations } from '../fixtures/axe'

async function open(page: Page, first: () => unknown = fixture.board): Promise<PaperServer> {
  const server = await paperServer(page, {
    face: 'board', user: fixture.user, signedIn: false, info: desk.info, catalogue: desk.catalogue, first: () => ({ type: 'board', body: first() }),
  })
  await page.goto('/board.html')
  await page.getByTestId('board-user').fill('supervisor')
  await page.getByTestId('board-password').fill('demo')
  await page.getByTestId('board-login').click()
  return server
}

const shot = (page: Page, name: string) => (process.env.REMOTEWINDOW_SHOTS ? page.screenshot({ path: `${process.env.REMOTEWINDOW_SHOTS}/board-${name}.png` }) : undefined)

for (const [width, height] of [[1920, 1080], [1366, 768], [3840, 2160]] as const) {
  test(`figures at ${width}`, async ({ page }) => {
    await page.setViewportSize({ width, height })
    await open(page)
    await expect(page.getByTestId('board-waiting')).toHaveText('3')
    await expect(page.getByTestId('board-calls')).toHaveText('4')
    await expect(page.getByTestId('board-agents')).toHaveText('8')
    await expect(page.getByTestId('board-longest-wait')).toHaveText(/1:4\d|1:5\d/)
    await expect(page.locator('[data-testid^=board-station-]')).toHaveCount(31)
    await expect(page.getByTestId('board-station-s01')).toHaveAttribute('data-state', 'waiting')
    await shot(page, `live-${width}`)
    expect(await violations(page)).toEqual([])
    const overflow = await page.evaluate(() => ({ x: document.documentElement.scrollWidth - innerWidth, y: document.documentElement.scrollHeight - innerHeight }))
    expect(overflow.x).toBeLessThanOrEqual(1)
    expect(overflow.y).toBeLessThanOrEqual(1)
  })
}

test('a lost connection freezes the board and says since when', async ({ page }) => {
  await page.setViewportSize({ width: 1920, height: 1080 })
  const server = await open(page)
  await expect(page.getByTestId('board-waiting')).toHaveText('3')
  await server.down()
  await expect(page.getByTestId('board')).toHaveAttribute('data-state', 'lost')
  await expect(page.getByRole('status').first()).toContainText('正在重连')
  await shot(page, 'lost')
})

test('late data is amber', async ({ page }) => {
  await page.setViewportSize({ width: 1920, height: 1080 })
  await open(page, () => fixture.board({ queue_ms: Date.now() - 38_000 }))
  await expect(page.getByTestId('board')).toHaveAttribute('data-state', 'late')
  await expect(page.locator('.age.late').first()).toHaveText(/3\d 秒前/)
  await shot(page, 'late')
})

test('nobody waits, nobody sits', async ({ page }) => {
  await page.setViewportSize({ width: 1920, height: 1080 })
  await open(page, () => fixture.board({ waiting: [], seats: [], minutes: [], calls: 0 }))
  await expect(page.getByTestId('board-waiting')).toHaveText('0')
  await shot(page, 'empty')
  expect(await violations(page)).toEqual([])
})

test.describe('equipment', () => {
  test.use({ viewport: { width: 1920, height: 1080 } })

  test('a cell opens the parts of its station, red first, with value, unit and age', async ({ page }) => {
    await open(page)
    const cell = page.getByTestId('board-station-s13').getByRole('button')
    await expect(cell).toHaveAttribute('title', /网络：来回 430 毫秒/)
    await cell.focus()
    await page.keyboard.press('Enter')
    const detail = page.getByTestId('board-station-detail')
    await expect(detail.locator('tbody tr').first()).toHaveAttribute('data-part', 'document')
    await expect(detail.locator('tbody tr').nth(1)).toContainText('来回 430 毫秒')
    await expect(detail.locator('tbody tr').nth(1)).toContainText('4 分钟前')
    await shot(page, 'detail')
    expect(await violations(page)).toEqual([])
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
    await shot(page, 'faults')
    expect(await violations(page)).toEqual([])
    await page.getByTestId('board-only-faults').click()
    await expect(page.getByTestId('board-station-s01')).toBeVisible()
  })

  test('in English the board holds', async ({ page }) => {
    await open(page)
    await page.getByRole('button', { name: 'English' }).click()
    await shot(page, 'en')
    expect(await violations(page)).toEqual([])
    await page.getByTestId('board-only-faults').click()
    await shot(page, 'faults-en')
    expect(await violations(page)).toEqual([])
  })
})

for (const [width, height, percent] of [[1536, 864, 125], [1280, 720, 150]] as const) {
  test(`a browser that shows ${percent} % is a smaller window, and the wall fits it`, async ({ page }) => {
    await page.setViewportSize({ width, height })
    await open(page)
    await expect(page.getByTestId('board-waiting')).toHaveText('3')
    expect(await violations(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(1)
  })
}
