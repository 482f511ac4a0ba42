/** Every dialog, refusal and empty or waiting state of the administration, named, in each theme and text size. */
import { allow, expect, test, type Page } from '../guard'
import type { AdminServer } from '../fixtures/admin'
import { holds, ready, visit, type Section } from './admin.fixture'

test.use({ viewport: { width: 1366, height: 768 } })

/** One state: its name, and what leads to it from the one before. */
type Step = [name: string, act: (page: Page, server: AdminServer) => Promise<unknown>]
interface Chain {
  section: Section
  plan?: (server: AdminServer) => void
  /** the section never gets ready by itself */
  waits?: boolean
  steps: Step[]
}

const click = (page: Page, id: string) => page.getByTestId(id).click()
const told = (page: Page, words: string | RegExp) => expect(page.getByTestId('admin-failure')).toContainText(words)
const away = { status: 503, body: { code: 'records_away' } }
const csv = (page: Page, text = 'login\n') => page.getByTestId('admin-csv-file').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
const report = (added: number, changed: number, same: number) => ({ status: 200, body: { rows: 3, added, changed, same, errors: [] } })
const wrongRows = [{ row: 1, column: 'seats', code: 'unknown_column', value: '' }, { row: 3, column: 'role', code: 'bad_role', value: 'boss' }, { row: 4, column: 'login', code: 'something_new', value: 'x'.repeat(40) }]

const chains: Record<string, Chain> = {
  'a person': { section: 'people', steps: [
    ['person-new', (page) => click(page, 'admin-person-new')],
    ['person-wrong', async (page) => {
      await page.locator('#person-login').fill('Agent 9')
      await click(page, 'admin-person-save')
      await expect(page.locator('#person-password-hint')).toContainText('太短')
    }],
    ['person-exists', async (page, server) => {
      await page.locator('#person-login').fill('agent9')
      await page.locator('#person-name').fill('施老师')
      await page.locator('#person-password').fill('good-Word-7531')
      server.next('/people', { status: 409, body: { code: 'exists' } }, 'POST')
      await click(page, 'admin-person-save')
      await told(page, '已经有同名的了')
    }],
    ['guard', async (page) => {
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog', { name: '有改动还没有保存' })).toBeVisible()
    }],
  ] },
  'a person who is there': { section: 'people', steps: [
    ['nothing-found', async (page) => {
      await page.getByTestId('admin-search').fill('没有这个人')
      await expect(page.getByText('没有找到，换个词试试。')).toBeVisible()
    }],
    ['person-edit', async (page) => {
      await page.getByTestId('admin-search').fill('')
      await page.getByTestId('admin-person-agent2').getByRole('button', { name: '修改' }).click()
    }],
    ['password', async (page) => {
      await page.keyboard.press('Escape')
      await page.getByTestId('admin-person-agent1').getByRole('button', { name: '改密码' }).click()
    }],
    ['password-wrong', async (page) => {
      await page.locator('#new-password').fill('agent1agent1')
      await click(page, 'admin-password-save')
      await expect(page.locator('#new-password-hint')).toContainText('不能有工号')
    }],
  ] },
  'a station': { section: 'stations', steps: [
    ['station-new', (page) => click(page, 'admin-station-new')],
    ['station-wrong', async (page) => {
      await page.locator('#station-id').fill('s01')
      await click(page, 'admin-station-save')
      await expect(page.locator('#station-id-hint')).toContainText('已经有了')
    }],
    ['station-refused', async (page, server) => {
      await page.locator('#station-id').fill('s31')
      await page.locator('#station-name').fill('锦江苑居委')
      server.next('/stations/s31', away, 'PUT')
      await click(page, 'admin-station-save')
      await told(page, '没有保存')
    }],
  ] },
  'a station that is there': { section: 'stations', steps: [
    ['revoke', (page) => click(page, 'admin-revoke-s01')],
    ['revoke-refused', async (page, server) => {
      server.next('/stations/s01/keys', away, 'DELETE')
      await click(page, 'admin-yes')
      await told(page, '数据库正在恢复，没有保存')
    }],
    ['code-again', async (page) => {
      await page.keyboard.press('Escape')
      await click(page, 'admin-code-s02')
      await expect(page.getByTestId('admin-code')).toContainText('已经登记过')
    }],
    ['code', async (page) => {
      await click(page, 'admin-code-issue')
      await expect(page.getByTestId('admin-code-value')).toBeVisible()
    }],
    ['code-over', async (page) => {
      await page.clock.install()
      await page.clock.fastForward(11 * 60_000)
      await expect(page.getByTestId('admin-code')).toContainText('登记码过期了')
      await page.clock.resume()
    }],
  ] },
  'own agents': { section: 'affinity', steps: [
    ['affinity-changed', async (page) => {
      await page.getByTestId('admin-affinity-s11').getByRole('combobox').selectOption({ label: '陆老师' })
      await expect(page.getByTestId('admin-save')).toBeEnabled()
    }],
    ['affinity-saved', async (page) => {
      await click(page, 'admin-save')
      await expect(page.getByTestId('admin-saved')).toBeVisible()
    }],
  ] },
  'hours': { section: 'hours', steps: [
    ['hours-wrong', async (page) => {
      await page.getByLabel('星期一结束').fill('8:00')
      await page.keyboard.press('Tab')
      await expect(page.getByTestId('admin-day-1')).toContainText('结束要比开始晚')
    }],
    ['hours-holiday', (page) => click(page, 'admin-holiday-add')],
  ] },
  'numbers': { section: 'numbers', steps: [
    ['numbers-refused', async (page, server) => {
      await page.getByTestId('admin-number-ring_s').getByRole('spinbutton').fill('25')
      await page.keyboard.press('Tab')
      server.next('/numbers', { status: 422, body: { code: 'out_of_bounds' } }, 'PUT')
      await click(page, 'admin-save')
      await told(page, '超出了范围')
    }],
    ['numbers-forbidden', async (page, server) => {
      server.next('/numbers', { status: 403, body: { code: 'forbidden' } }, 'PUT')
      await click(page, 'admin-save')
      await told(page, '没有改这里的权限')
    }],
    ['numbers-network', async (page, server) => {
      server.next('/numbers', 'abort', 'PUT')
      await click(page, 'admin-save')
      await told(page, '连不上服务器')
    }],
    ['expired', async (page, server) => {
      server.signedIn = false
      await click(page, 'admin-save')
      await expect(page.getByRole('dialog', { name: '登录已经过期' })).toBeVisible()
    }],
  ] },
  'matters': { section: 'matters', steps: [
    ['matters-refused', async (page, server) => {
      server.next('/matters/ltc', away, 'PUT')
      await page.getByTestId('admin-matter-ltc').getByRole('switch').press('Space')
      await told(page, '没有保存')
    }],
    ['matters-off', async (page) => {
      await page.getByTestId('admin-matter-ltc').getByRole('switch').press('Space')
      await expect(page.getByTestId('admin-matter-ltc').getByRole('switch')).not.toBeChecked()
    }],
    ['matters-nothing-found', (page) => page.getByTestId('admin-search').fill('没有这件事')],
  ] },
  'records': { section: 'audit', steps: [
    ['audit-whole', async (page) => {
      await click(page, 'admin-verify')
      await expect(page.getByTestId('admin-verdict')).toContainText('120 行都完好')
    }],
    ['audit-broken', async (page, server) => {
      server.verdict = { ok: false, rows: 120, node: 'n1', seq: 57, detail: 'hash' }
      await click(page, 'admin-verify')
      await expect(page.getByTestId('admin-verdict')).toContainText('从 n1 第 57 行起对不上')
    }],
  ] },
  'a file': { section: 'people', steps: [
    ['csv', (page) => click(page, 'admin-import-people')],
    ['csv-errors', async (page, server) => {
      server.report = { status: 422, body: { rows: 3, added: 0, changed: 0, same: 0, errors: wrongRows } }
      await csv(page)
      await expect(page.getByTestId('admin-csv-errors')).toContainText('有 3 处不对')
    }],
    ['csv-encoding', async (page, server) => {
      server.report = { status: 415, body: { code: 'gb18030' } }
      await csv(page)
      await told(page, 'GB 编码')
    }],
    ['csv-network', async (page, server) => {
      server.next('/import/people', 'abort')
      await csv(page)
      await told(page, '连不上服务器')
    }],
    ['csv-nothing', async (page, server) => {
      server.report = report(0, 0, 3)
      await csv(page)
      await expect(page.getByTestId('admin-csv-summary')).toBeVisible()
    }],
    ['csv-summary', async (page, server) => {
      server.report = report(2, 1, 0)
      await csv(page)
      await expect(page.getByTestId('admin-csv-summary')).toContainText('新增 2，修改 1，不变 0')
    }],
    ['csv-done', async (page) => {
      await click(page, 'admin-csv-go')
      await expect(page.getByTestId('admin-csv-done')).toBeVisible()
    }],
  ] },
  'a section that cannot be loaded': { section: 'stations', waits: true, plan: (server) => server.next('/stations', away), steps: [
    ['failed', (page) => told(page, '数据库正在恢复')],
  ] },
  'a section that is slow': { section: 'hours', waits: true, plan: (server) => server.next('/hours', 'hang'), steps: [
    ['loading', (page) => expect(page.getByTestId('admin-section')).toHaveAttribute('data-phase', /loading|slow/)],
    ['slow', (page) => expect(page.getByText('比平时慢')).toBeVisible({ timeout: 10_000 })],
  ] },
  'nothing yet': {
    section: 'people', plan: (server) => Object.assign(server.data, { people: [], stations: [], matters: [], audit: [] }),
    steps: ([['people', '还没有人员'], ['stations', '还没有站点'], ['affinity', '还没有站点'], ['matters', '还没有事项'], ['audit', '还没有记录']] as const).map(([section, words]) => [`${section}-empty`, async (page) => {
      await click(page, `admin-nav-${section}`)
      await expect(page.getByText(words).first()).toBeVisible()
    }]),
  },
}

for (const [title, { section, plan, waits, steps }] of Object.entries(chains)) {
  test(`${title} holds: ${steps.map(([name]) => name).join(', ')}`, async ({ page }) => {
    test.setTimeout(30_000 * (steps.length + 1))
    allow(/status of 4(01|03|09|15|22)|status of 503/, /Failed to load resource/)
    const server = await visit(page, section, plan)
    if (!waits) await ready(page)
    for (const [name, act] of steps) {
      await act(page, server)
      await holds(page, name)
    }
  })
}

test('a save that hangs says that it saves, then that nobody knows', async ({ page }) => {
  test.slow()
  allow(/Failed to load resource/)
  const server = await visit(page, 'numbers')
  await ready(page)
  await page.getByTestId('admin-number-ring_s').getByRole('spinbutton').fill('25')
  await page.keyboard.press('Tab')
  server.next('/numbers', 'hang', 'PUT')
  await click(page, 'admin-save')
  await expect(page.getByTestId('admin-save')).toHaveText('正在保存')
  await expect(page.getByTestId('admin-failure')).toContainText('不知道有没有保存', { timeout: 20_000 })
  await holds(page, 'numbers-timeout')
})
