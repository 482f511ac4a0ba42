// Two administrators at once: who was slower is told, sees what stands now, and
// loses nothing that he wrote. Over the real server.
import { allow, answered, type Browser, expect, type Page, test } from '../guard'
import { landscape, launch } from './people'
import { Server } from './server'

// Throw-away words for a server that lives as long as this file runs.
const words = { root: 'erste-Wache-4711', second: 'dritte-Wache-4713' }

const server = new Server()
let office: Browser

test.beforeAll(async () => {
  test.setTimeout(120_000)
  await server.start()
  server.command(['user', 'add', 'root', '--role', 'admin'], `${words.root}\n`)
  server.command(['user', 'add', 'second', '--role', 'admin'], `${words.second}\n`)
  office = await launch()
})
test.afterAll(async () => {
  await office?.close()
  await server.stop()
})
test.afterEach(async () => {
  await Promise.all(office.contexts().map((c) => c.close()))
})

test.beforeEach(() => test.setTimeout(180_000)) // two log-ins each, on two cores

type Section = 'people' | 'stations' | 'affinity' | 'hours' | 'numbers'

async function openAdmin(login: keyof typeof words, section: Section): Promise<Page> {
  const context = await office.newContext({ viewport: landscape, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' })
  const page = await context.newPage()
  await page.goto(`${server.url}/admin`)
  await page.getByTestId('admin-user').fill(login)
  await page.getByTestId('admin-password').fill(words[login])
  await page.getByTestId('admin-login').click()
  await page.getByTestId(`admin-nav-${section}`).click()
  await expect(page.getByTestId('admin-section')).toHaveAttribute('data-phase', 'ready', { timeout: 20_000 })
  return page
}

/** Both look at the same section before either writes. */
const both = (section: Section): Promise<[Page, Page]> => Promise.all([openAdmin('root', section), openAdmin('second', section)])

const number = (page: Page, name: string) => page.getByTestId(`admin-number-${name}`).getByRole('spinbutton')

async function setNumber(page: Page, name: string, value: string): Promise<void> {
  await number(page, name).fill(value)
  await page.keyboard.press('Tab')
}

/** The rows of what differs, cell by cell. */
const told = (page: Page) => page.getByTestId('admin-changed').locator('tbody tr')

test('numbers: kept, then both stand; dropped, then the other stands', async () => {
  allow(answered(412, '/api/admin/numbers'))
  const [one, two] = await both('numbers')
  await setNumber(one, 'ring_s', '25')
  await setNumber(one, 'wrap_up_s', '70')
  await one.getByTestId('admin-save').click()
  await expect(one.getByTestId('admin-saved')).toBeVisible()

  await setNumber(two, 'ring_s', '35')
  await setNumber(two, 'service_s', '40')
  await two.getByTestId('admin-save').click()
  await expect(two.getByTestId('admin-failure')).toHaveAttribute('data-code', 'changed')
  await expect(two.getByTestId('admin-failure')).toContainText('另一位管理员刚刚改过')
  await expect(two.getByTestId('admin-save')).toBeDisabled()
  await expect(number(two, 'ring_s')).toHaveValue('35')
  await two.getByTestId('admin-changed-see').click()
  await expect(told(two)).toHaveText([/振铃25 秒35 秒/, /小结70 秒您没有改/, /及时接通30 秒40 秒/])
  await two.getByTestId('admin-changed-mine').click()
  await expect(two.getByTestId('admin-changed')).toHaveCount(0)
  await expect(number(two, 'ring_s')).toHaveValue('35')
  await expect(number(two, 'wrap_up_s')).toHaveValue('70')
  await two.getByTestId('admin-save').click()
  await expect(two.getByTestId('admin-saved')).toBeVisible()

  // Now the first is the slower one, and takes what stands.
  await setNumber(one, 'ring_s', '45')
  await one.getByTestId('admin-save').click()
  await one.getByTestId('admin-changed-see').click()
  await expect(told(one)).toHaveText([/振铃35 秒45 秒/, /及时接通40 秒您没有改/])
  await one.getByTestId('admin-changed-theirs').click()
  await expect(number(one, 'ring_s')).toHaveValue('35')
  await expect(number(one, 'service_s')).toHaveValue('40')
  await expect(one.getByTestId('admin-save')).toBeDisabled()
})

test('a person: the dialog stays with what was written', async () => {
  allow(answered(412, '/api/admin/people/agent1'))
  const [one, two] = await both('people')
  for (const [page, seat] of [[one, '8 号座席'], [two, '9 号座席']] as const) {
    await page.getByTestId('admin-person-agent1').getByRole('button', { name: '修改' }).click()
    await page.locator('#person-seat').fill(seat)
  }
  await two.locator('#person-name').fill('钱老师')
  await one.getByTestId('admin-person-save').click()
  await expect(one.getByTestId('admin-person-agent1')).toContainText('8 号座席')

  await two.getByTestId('admin-person-save').click()
  await expect(two.getByTestId('admin-failure')).toHaveAttribute('data-code', 'changed')
  await expect(two.locator('#person-seat')).toHaveValue('9 号座席')
  await two.getByTestId('admin-changed-see').click()
  await expect(told(two).filter({ hasText: '席位' })).toHaveText(/席位8 号座席9 号座席/)
  await two.getByTestId('admin-changed-mine').click()
  await expect(two.locator('#person-seat')).toHaveValue('9 号座席')
  await two.getByTestId('admin-person-save').click()
  await expect(two.getByTestId('admin-person-agent1')).toContainText('9 号座席')
  await expect(two.getByTestId('admin-person-agent1')).toContainText('钱老师')
})

test('hours: two days of two administrators both stand', async () => {
  allow(answered(412, '/api/admin/hours'))
  const [one, two] = await both('hours')
  for (const [page, day] of [[one, 6], [two, 0]] as const) {
    await page.getByTestId(`admin-day-${day}`).locator('.el-switch').click()
    await page.getByTestId('admin-save').click()
    if (page === one) await expect(page.getByTestId('admin-saved')).toBeVisible()
  }
  await two.getByTestId('admin-changed-see').click()
  await expect(told(two)).toHaveCount(2)
  await expect(told(two).filter({ hasText: '星期六' })).toContainText('您没有改')
  await two.getByTestId('admin-changed-mine').click()
  await two.getByTestId('admin-save').click()
  await expect(two.getByTestId('admin-saved')).toBeVisible()
  const open = await two.evaluate(async () => ((await (await fetch('/api/admin/hours')).json()) as { week: { weekday: number }[] }).week.map((d) => d.weekday))
  const before = [0, 6].every((d) => open.includes(d)) || [0, 6].every((d) => !open.includes(d))
  expect(before, `${open}`).toBe(true)
})

test('an import writes what was shown, or asks for another look', async () => {
  allow(answered(412, '/api/admin/import/stations'))
  const [one, two] = await both('stations')
  await two.getByTestId('admin-import-stations').click()
  await two.getByTestId('admin-csv-file').setInputFiles({ name: 'new.csv', mimeType: 'text/csv', buffer: Buffer.from('id,name,grid\ns91,新河村,north\n') })
  await expect(two.getByTestId('admin-csv-summary')).toBeVisible()

  await one.getByTestId('admin-station-new').click()
  await one.locator('#station-id').fill('s91')
  await one.locator('#station-name').fill('老河村')
  await one.getByTestId('admin-station-save').click()
  await expect(one.getByTestId('admin-station-s91')).toBeVisible()

  await two.getByTestId('admin-csv-go').click()
  await expect(two.getByTestId('admin-failure')).toHaveAttribute('data-code', 'changed_import')
  await two.getByTestId('admin-failure').getByRole('button').click()
  await expect(two.getByTestId('admin-csv-summary')).toContainText('修改 1')
  await two.getByTestId('admin-csv-go').click()
  await expect(two.getByTestId('admin-csv-done')).toBeVisible()
})
