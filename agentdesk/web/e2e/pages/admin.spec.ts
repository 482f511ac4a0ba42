/** The administration over a server of paper: every section, its refusals, and no axe violation. */
import { allow, expect, test, type Page } from '../guard'
import { adminServer, type AdminServer } from '../fixtures/admin'
import { clipped, overflow, textSize, textSizes, violations } from '../fixtures/axe'

const shot = (page: Page, name: string) => (process.env.REMOTEWINDOW_SHOTS ? page.screenshot({ path: `${process.env.REMOTEWINDOW_SHOTS}/admin-${name}.png` }) : undefined)
const sections = ['people', 'stations', 'affinity', 'hours', 'numbers', 'matters', 'audit'] as const

async function open(page: Page, section: (typeof sections)[number] = 'people'): Promise<AdminServer> {
  const server = await adminServer(page)
  await page.goto(`/admin.html#${section}`)
  await ready(page)
  return server
}
const ready = (page: Page) => expect(page.getByTestId('admin-section')).toHaveAttribute('data-phase', 'ready')

for (const theme of ['light', 'dark'] as const) {
  test.describe(`sections, ${theme}`, () => {
    test.use({ viewport: { width: 1366, height: 768 }, colorScheme: theme })
    for (const section of sections) {
      test(section, async ({ page }) => {
        await open(page, section)
        for (const size of textSizes) {
          await textSize(page, size)
          await shot(page, `${section}-${theme}-${size}`)
          expect(await violations(page), `axe at ${size} %`).toEqual([])
          expect(await overflow(page), `at ${size} %`).toEqual({ x: 0, y: 0 })
          expect(await clipped(page), `at ${size} %`).toEqual([])
        }
      })
    }
  })
}

test.describe('log-in', () => {
  for (const theme of ['light', 'dark'] as const) {
    test(`wrong password, no administrator, then in, ${theme}`, async ({ page }) => {
      allow(/status of 40[13]/)
      await page.emulateMedia({ colorScheme: theme })
      await page.setViewportSize({ width: 1366, height: 768 })
      await adminServer(page, false)
      await page.goto('/admin.html')
      await page.getByTestId('admin-user').fill('root')
      await page.getByTestId('admin-password').fill('wrong')
      await page.keyboard.press('Enter')
      await expect(page.getByTestId('admin-failure')).toHaveAttribute('data-code', 'bad_login')
      for (const size of textSizes) {
        await textSize(page, size)
        await shot(page, `login-${theme}-${size}`)
        expect(await violations(page)).toEqual([])
        expect(await overflow(page)).toEqual({ x: 0, y: 0 })
      }
      await page.getByTestId('admin-user').fill('agent3')
      await page.getByTestId('admin-password').fill('demo')
      await page.keyboard.press('Enter')
      await expect(page.getByTestId('admin-failure')).toHaveAttribute('data-code', 'not_admin')
      await page.getByTestId('admin-user').fill('root')
      await page.getByTestId('admin-password').fill('demo')
      await page.keyboard.press('Enter')
      await ready(page)
    })
  }

  test('a session that runs out keeps what was written', async ({ page }) => {
    allow(/status of 401/)
    const server = await open(page, 'numbers')
    await page.getByTestId('admin-number-ring_s').getByRole('spinbutton').fill('25')
    await page.keyboard.press('Tab')
    server.signedIn = false
    await page.getByTestId('admin-save').click()
    const again = page.getByRole('dialog', { name: '登录已经过期' })
    await expect(again).toBeVisible()
    await shot(page, 'expired')
    expect(await violations(page)).toEqual([])
    await again.getByTestId('admin-user').fill('root')
    await again.getByTestId('admin-password').fill('demo')
    await page.keyboard.press('Enter')
    await expect(again).toHaveCount(0)
    await expect(page.getByTestId('admin-number-ring_s').getByRole('spinbutton')).toHaveValue('25')
    await page.getByTestId('admin-save').click()
    await expect(page.getByTestId('admin-saved')).toBeVisible()
    expect(server.data.numbers.numbers.ring_s).toBe(25)
  })
})

test.describe('people', () => {
  test('a new agent: fields that are wrong say so, then it is saved', async ({ page }) => {
    allow(/status of 409/)
    const server = await open(page)
    await page.getByTestId('admin-person-new').click()
    await page.locator('#person-login').fill('Agent 9')
    await page.getByTestId('admin-person-save').click()
    await expect(page.locator('#person-login-hint')).toContainText('小写字母')
    await expect(page.locator('#person-name-hint')).toContainText('请写姓名')
    await expect(page.locator('#person-password-hint')).toContainText('太短')
    await expect(page.locator('#person-login')).toBeFocused()
    for (const size of textSizes) {
      await textSize(page, size)
      await shot(page, `person-${size}`)
      expect(await violations(page), `at ${size} %`).toEqual([])
    }
    await textSize(page, 100)
    await page.locator('#person-login').fill('agent9')
    await page.locator('#person-name').fill('施老师')
    await page.getByTestId('admin-person-form').getByText('民政', { exact: true }).click()
    await page.locator('#person-password').fill('good-Word-7531')
    server.next('/people', { status: 409, body: { code: 'exists' } }, 'POST')
    await page.getByTestId('admin-person-save').click()
    await expect(page.getByTestId('admin-failure')).toContainText('已经有同名的了')
    await page.getByTestId('admin-person-save').click()
    await expect(page.getByTestId('admin-person-agent9')).toBeVisible()
    expect(server.writes).toEqual([{ method: 'POST', path: '/people', body: { login: 'agent9', name: '施老师', role: 'agent', seat: '', skills: ['civil_affairs'], disabled: false, password: 'good-Word-7531' } }])
  })

  test('closing an account, by keyboard; leaving a changed form asks', async ({ page }) => {
    const server = await open(page)
    await page.getByTestId('admin-person-agent2').getByRole('button', { name: '修改' }).focus()
    await page.keyboard.press('Enter')
    await expect(page.locator('#person-login')).toBeDisabled()
    const may = page.getByRole('switch', { name: '可以登录' })
    await may.focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog', { name: '有改动还没有保存' })).toBeVisible()
    await shot(page, 'guard')
    expect(await violations(page)).toEqual([])
    await page.getByRole('dialog', { name: '有改动还没有保存' }).getByRole('button', { name: '取消' }).click()
    await page.getByTestId('admin-person-save').click()
    await expect(page.getByTestId('admin-person-agent2')).toContainText('已停用')
    expect(server.writes.at(-1)).toMatchObject({ method: 'PUT', path: '/people/agent2', body: { disabled: true } })
  })

  test('a new password', async ({ page }) => {
    const server = await open(page)
    await page.getByTestId('admin-person-agent1').getByRole('button', { name: '改密码' }).click()
    await page.locator('#new-password').fill('agent1agent1')
    await page.getByTestId('admin-password-save').click()
    await expect(page.locator('#new-password-hint')).toContainText('不能有工号')
    expect(await violations(page)).toEqual([])
    await page.locator('#new-password').fill('quite-Long-2468')
    await page.getByTestId('admin-password-save').click()
    await expect(page.locator('#new-password')).toHaveCount(0)
    expect(server.writes).toEqual([{ method: 'POST', path: '/people/agent1/password', body: { password: 'quite-Long-2468' } }])
  })

  test('search, and nothing found', async ({ page }) => {
    await open(page)
    await page.getByTestId('admin-search').fill('督导')
    await expect(page.locator('tbody tr')).toHaveCount(1)
    await page.getByTestId('admin-search').fill('没有这个人')
    await expect(page.getByText('没有找到，换个词试试。')).toBeVisible()
    expect(await violations(page)).toEqual([])
  })
})

test.describe('stations', () => {
  test('a code is shown big, counts down, and runs out', async ({ page }) => {
    await page.setViewportSize({ width: 1366, height: 768 })
    const server = await open(page, 'stations')
    await page.getByTestId('admin-code-s11').click()
    await expect(page.getByTestId('admin-code-value')).toHaveText('K7QD-3MXA-9TFE-W2HR')
    await expect(page.getByTestId('admin-code')).toContainText(/还有 (9:5\d|10:00) 有效/)
    for (const size of textSizes) {
      await textSize(page, size)
      await shot(page, `code-${size}`)
      expect(await violations(page), `at ${size} %`).toEqual([])
    }
    await textSize(page, 100)
    expect(server.writes).toEqual([{ method: 'POST', path: '/stations/s11/code', body: {} }])
    await page.clock.install()
    await page.clock.fastForward(11 * 60_000)
    await expect(page.getByTestId('admin-code')).toContainText('登记码过期了')
    server.aheadMin = 30 // by the server's clock it is good, whatever this machine's says
    await page.getByTestId('admin-code-issue').click()
    await expect(page.getByTestId('admin-code')).not.toContainText('登记码过期了')
  })

  test('a code for an enrolled station asks first', async ({ page }) => {
    const server = await open(page, 'stations')
    await page.getByTestId('admin-code-s01').click()
    await expect(page.getByTestId('admin-code')).toContainText('已经登记过')
    expect(server.writes).toEqual([])
    await page.getByTestId('admin-code-issue').click()
    await expect(page.getByTestId('admin-code-value')).toBeVisible()
  })

  test('revoking asks, says what happens, and shows a refusal', async ({ page }) => {
    allow(/status of 503/)
    const server = await open(page, 'stations')
    await page.getByTestId('admin-revoke-s01').click()
    await expect(page.getByRole('dialog')).toContainText('5 秒内退出')
    await shot(page, 'revoke')
    expect(await violations(page)).toEqual([])
    server.next('/stations/s01/keys', { status: 503, body: { code: 'records_away' } }, 'DELETE')
    await page.getByTestId('admin-yes').click()
    await expect(page.getByTestId('admin-failure')).toContainText('数据库正在恢复，没有保存')
    await expect(page.getByTestId('admin-station-s01')).toContainText('已登记')
    await page.getByTestId('admin-yes').click()
    await expect(page.getByTestId('admin-station-s01')).toContainText('没有登记')
  })

  test('a new station', async ({ page }) => {
    const server = await open(page, 'stations')
    await page.getByTestId('admin-station-new').click()
    await page.locator('#station-id').fill('s01')
    await page.getByTestId('admin-station-save').click()
    await expect(page.locator('#station-id-hint')).toContainText('已经有了')
    await page.locator('#station-id').fill('s31')
    await page.locator('#station-name').fill('锦江苑居委')
    await shot(page, 'station')
    expect(await violations(page)).toEqual([])
    await page.getByTestId('admin-station-save').click()
    await expect(page.getByTestId('admin-station-s31')).toBeVisible()
    expect(server.writes.at(-1)).toEqual({ method: 'PUT', path: '/stations/s31', body: { id: 's31', name: '锦江苑居委', grid: 'middle', specialist: '', affinity: '', closed: false } })
  })
})

test('own agents: one is chosen, the count follows, the way out asks, and it is saved', async ({ page }) => {
  await page.setViewportSize({ width: 1920, height: 1080 })
  const server = await open(page, 'affinity')
  await page.getByTestId('admin-affinity-s11').getByRole('combobox').selectOption({ label: '陆老师' })
  await expect(page.locator('aside li').nth(1)).toContainText('3')
  await page.getByTestId('admin-nav-hours').click()
  await expect(page.getByRole('dialog', { name: '有改动还没有保存' })).toBeVisible()
  await page.getByRole('dialog').getByRole('button', { name: '取消' }).click()
  await page.getByTestId('admin-save').click()
  await expect(page.getByTestId('admin-saved')).toBeVisible()
  await shot(page, 'affinity-saved')
  expect((server.writes[0]?.body as { pairs: unknown[] }).pairs).toContainEqual({ station: 's11', agent: 'agent2' })
  await page.getByTestId('admin-nav-hours').click()
  await expect(page.getByRole('heading', { name: '时间' })).toBeVisible()
})

test('hours: wrong times cannot be saved, right ones are', async ({ page }) => {
  const server = await open(page, 'hours')
  const monday = page.getByTestId('admin-day-1')
  await monday.getByLabel('星期一结束').fill('8:00')
  await page.keyboard.press('Tab')
  await expect(monday).toContainText('结束要比开始晚')
  await expect(page.getByTestId('admin-save')).toBeDisabled()
  await shot(page, 'hours-wrong')
  expect(await violations(page)).toEqual([])
  await monday.getByLabel('星期一结束').fill('1730')
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: '周二到周五同周一' }).click()
  await page.getByTestId('admin-holiday-add').click()
  await page.getByLabel('第 3 个日子').fill('2026-12-31')
  await page.getByTestId('admin-save').click()
  await expect(page.getByTestId('admin-saved')).toBeVisible()
  expect(server.writes[0]?.body).toMatchObject({ always: false, week: [1, 2, 3, 4, 5].map((weekday) => ({ weekday, open: '08:30', close: '17:30' })) })
  expect((server.writes[0]?.body as { holidays: unknown[] }).holidays).toHaveLength(3)
})

test('numbers: a save that is refused, forbidden, hangs, and is taken', async ({ page }) => {
  allow(/status of 4(22|03)/, /Failed to load resource/)
  const server = await open(page, 'numbers')
  await page.getByTestId('admin-number-ring_s').getByRole('button', { name: /增加|increase/i }).click()
  await expect(page.getByTestId('admin-number-ring_s').getByRole('spinbutton')).toHaveValue('25')
  server.next('/numbers', { status: 422, body: { code: 'out_of_bounds' } }, 'PUT')
  await page.getByTestId('admin-save').click()
  await expect(page.getByTestId('admin-failure')).toContainText('超出了范围')
  server.next('/numbers', { status: 403, body: { code: 'forbidden' } }, 'PUT')
  await page.getByTestId('admin-save').click()
  await expect(page.getByTestId('admin-failure')).toContainText('没有改这里的权限')
  server.next('/numbers', 'abort', 'PUT')
  await page.getByTestId('admin-save').click()
  await expect(page.getByTestId('admin-failure')).toContainText('连不上服务器，没有保存')
  await expect(page.getByTestId('admin-saved')).toHaveCount(0)
  server.next('/numbers', 'hang', 'PUT')
  await page.getByTestId('admin-save').click()
  await expect(page.getByTestId('admin-save')).toHaveText('正在保存')
  await expect(page.getByTestId('admin-failure')).toContainText('不知道有没有保存', { timeout: 20_000 })
  await shot(page, 'numbers-timeout')
  expect(await violations(page)).toEqual([])
  await page.getByTestId('admin-save').click()
  await expect(page.getByTestId('admin-saved')).toBeVisible()
  expect(server.data.numbers.numbers.ring_s).toBe(25)
})

test('matters: a switch moves only when the server has it', async ({ page }) => {
  allow(/status of 503/)
  const server = await open(page, 'matters')
  const row = page.getByTestId('admin-matter-ltc')
  server.next('/matters/ltc', { status: 503, body: { code: 'records_away' } }, 'PUT')
  await row.getByRole('switch').press('Space')
  await expect(page.getByTestId('admin-failure')).toContainText('没有保存')
  await expect(row.getByRole('switch')).toBeChecked()
  await row.getByRole('switch').press('Space')
  await expect(row.getByRole('switch')).not.toBeChecked()
  await shot(page, 'matters-off')
  expect(await violations(page)).toEqual([])
  await page.getByTestId('admin-theme').getByRole('combobox').selectOption({ label: '医疗' })
  await expect(page.locator('tbody tr')).toHaveCount(2)
  expect(server.writes).toEqual([{ method: 'PUT', path: '/matters/ltc', body: { enabled: false } }])
})

test('records: pages back and forth, whole and broken', async ({ page }) => {
  const server = await open(page, 'audit')
  await expect(page.locator('tbody tr')).toHaveCount(50)
  await page.getByTestId('admin-older').click()
  await page.getByTestId('admin-older').click()
  await expect(page.locator('tbody tr')).toHaveCount(20)
  await expect(page.getByTestId('admin-older')).toBeDisabled()
  await page.getByTestId('admin-newer').click()
  await expect(page.locator('tbody tr')).toHaveCount(50)
  await page.getByTestId('admin-verify').click()
  await expect(page.getByTestId('admin-verdict')).toContainText('120 行都完好')
  server.verdict = { ok: false, rows: 120, node: 'n1', seq: 57, detail: 'hash' }
  await page.getByTestId('admin-verify').click()
  await expect(page.getByTestId('admin-verdict')).toContainText('从 n1 第 57 行起对不上')
  await shot(page, 'audit-broken')
  expect(await violations(page)).toEqual([])
})

test.describe('CSV', () => {
  const csv = (text: string) => ({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })

  test('errors by row and column, then a good file, then done', async ({ page }) => {
    allow(/status of 422/)
    const server = await open(page)
    await page.getByTestId('admin-import-people').click()
    server.report = { status: 422, body: { rows: 3, added: 0, changed: 0, same: 0, errors: [{ row: 1, column: 'seats', code: 'unknown_column', value: '' }, { row: 3, column: 'role', code: 'bad_role', value: 'boss' }, { row: 4, column: 'login', code: 'something_new', value: 'x'.repeat(40) }] } }
    await page.getByTestId('admin-csv-file').setInputFiles(csv('login,seats\n'))
    await expect(page.getByTestId('admin-csv-errors')).toContainText('有 3 处不对')
    await expect(page.getByTestId('admin-csv').locator('tbody tr').nth(1)).toContainText('没有这个角色')
    await expect(page.getByTestId('admin-csv').locator('tbody tr').nth(2)).toContainText('something_new')
    await expect(page.getByTestId('admin-csv-go')).toBeDisabled()
    for (const size of textSizes) {
      await textSize(page, size)
      await shot(page, `csv-errors-${size}`)
      expect(await violations(page), `at ${size} %`).toEqual([])
    }
    await textSize(page, 100)
    server.report = { status: 200, body: { rows: 3, added: 2, changed: 1, same: 0, errors: [] } }
    await page.getByTestId('admin-csv-file').setInputFiles(csv('login,name\nagent9,施老师\n'))
    await expect(page.getByTestId('admin-csv-summary')).toContainText('新增 2，修改 1，不变 0')
    expect(server.writes).toEqual([])
    await shot(page, 'csv-summary')
    expect(await violations(page)).toEqual([])
    await page.getByTestId('admin-csv-go').click()
    await expect(page.getByTestId('admin-csv-done')).toBeVisible()
    expect(server.writes).toHaveLength(1)
  })

  test('another encoding, too large, and a server that does not answer', async ({ page }) => {
    allow(/status of 415/, /Failed to load resource/)
    const server = await open(page)
    await page.getByTestId('admin-import-people').click()
    server.report = { status: 415, body: { code: 'gb18030' } }
    await page.getByTestId('admin-csv-file').setInputFiles(csv('login'))
    await expect(page.getByTestId('admin-failure')).toContainText('GB 编码')
    await page.getByTestId('admin-csv-file').setInputFiles({ name: 'big.csv', mimeType: 'text/csv', buffer: Buffer.alloc((1 << 20) + 1, 'a') })
    await expect(page.getByTestId('admin-failure')).toContainText('文件太大')
    server.next('/import/people', 'abort')
    await page.getByTestId('admin-csv-file').setInputFiles(csv('login'))
    await expect(page.getByTestId('admin-failure')).toContainText('连不上服务器')
    expect(server.writes).toEqual([])
  })

  test('each export is a file to download', async ({ page }) => {
    await open(page, 'hours')
    await expect(page.getByTestId('admin-export-hours')).toHaveAttribute('href', '/api/admin/export/hours.csv')
    await expect(page.getByTestId('admin-export-holidays')).toHaveAttribute('download', 'holidays.csv')
  })
})

test.describe('loading and errors', () => {
  test('a section that cannot be loaded says why and tries again', async ({ page }) => {
    allow(/status of 503/)
    const server = await adminServer(page)
    server.next('/stations', { status: 503, body: { code: 'records_away' } })
    await page.goto('/admin.html#stations')
    await expect(page.getByTestId('admin-section')).toHaveAttribute('data-phase', 'failed')
    await shot(page, 'failed')
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: '再试一次' }).click()
    await ready(page)
  })

  test('a slow section says so after five seconds', async ({ page }) => {
    const server = await adminServer(page)
    server.next('/hours', 'hang')
    await page.goto('/admin.html#hours')
    await expect(page.getByTestId('admin-section')).toHaveAttribute('data-phase', 'loading')
    await expect(page.getByText('比平时慢')).toBeVisible({ timeout: 10_000 })
    await shot(page, 'slow')
    expect(await violations(page)).toEqual([])
  })

  test('empty: no people, no stations, no matters, no records', async ({ page }) => {
    const server = await adminServer(page)
    Object.assign(server.data, { people: [], stations: [], matters: [], audit: [] })
    await page.goto('/admin.html')
    for (const [section, words] of [['people', '还没有人员'], ['stations', '还没有站点'], ['affinity', '还没有站点'], ['matters', '还没有事项'], ['audit', '还没有记录']] as const) {
      await page.getByTestId(`admin-nav-${section}`).click()
      await expect(page.getByText(words).first()).toBeVisible()
      expect(await violations(page), section).toEqual([])
    }
  })
})

test('in English every section holds', async ({ page }) => {
  await page.setViewportSize({ width: 1366, height: 768 })
  await open(page)
  await page.getByRole('button', { name: 'English' }).click()
  for (const section of sections) {
    await page.getByTestId(`admin-nav-${section}`).click()
    await ready(page)
    await shot(page, `${section}-en`)
    expect(await violations(page), section).toEqual([])
    expect(await clipped(page), section).toEqual([])
    expect(await overflow(page), section).toEqual({ x: 0, y: 0 })
  }
})
