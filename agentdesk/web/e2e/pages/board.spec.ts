/** The board over a server of paper: figures, ages, the frozen state, and no axe violation. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test, type Page } from '../guard'
import * as fixture from '../fixtures/board'
import * as desk from '../fixtures/desk'
import { paperServer, type PaperServer } from '../fixtures/server'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const run = (globalThis as unknown as { axe: { run(o: unknown): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe
    const r = await run.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    return r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).slice(0, 3).join(' | ')}`)
  })
}

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
