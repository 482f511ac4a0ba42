// From an empty server to the first call, and out again: an administrator makes
// a station, an agent and hours, a kiosk enrols by touch, and whoever loses the
// right is out within seconds. Without --demo, as a centre begins.
import { readFileSync } from 'node:fs'
import { allow, answered, type Browser, expect, type Page, test } from '../guard'
import { agentBrowser, deskState, kioskState, landscape, launch, portrait, press, ready, signIn, stationBrowser } from './people'
import { Server } from './server'

// Throw-away words for a server that lives as long as this file runs.
const words = { root: 'erste-Wache-4711', agent: 'zweite-Wache-4712' }
/** ms in which whoever lost the right is out (architecture 10); asserted where the machine is quiet. */
const outWithinMS = 5_000

const server = new Server([], false)
let station: Browser, agent: Browser, office: Browser

test.beforeAll(async () => {
  test.setTimeout(120_000)
  await server.start()
  server.command(['user', 'add', 'root', '--role', 'admin', '--name', '管理员'], `${words.root}\n`)
  ;[station, agent, office] = await Promise.all([stationBrowser(), agentBrowser(), launch()])
})
test.afterAll(async () => {
  await Promise.all([station?.close(), agent?.close(), office?.close()])
  await server.stop()
})
test.afterEach(async () => {
  for (const browser of [station, agent, office]) await Promise.all(browser.contexts().map((c) => c.close()))
})

/** Prints how long something took, and holds it to the bound with RW_GATE=1. */
function within(what: string, sinceMS: number): void {
  const ms = Date.now() - sinceMS
  console.log(`${what}: out after ${ms} ms`)
  if (process.env.RW_GATE === '1') expect(ms, what).toBeLessThanOrEqual(outWithinMS)
}

const section = (page: Page) => expect(page.getByTestId('admin-section')).toHaveAttribute('data-phase', 'ready', { timeout: 20_000 })

async function open(page: Page, name: 'people' | 'stations' | 'hours'): Promise<void> {
  await page.getByTestId(`admin-nav-${name}`).click()
  await section(page)
}

async function openAdmin(): Promise<Page> {
  const context = await office.newContext({ viewport: landscape, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', acceptDownloads: true })
  const page = await context.newPage()
  await page.goto(`${server.url}/admin`)
  await page.getByTestId('admin-user').fill('root')
  await page.getByTestId('admin-password').fill(words.root)
  await page.getByTestId('admin-login').click()
  await section(page)
  return page
}

async function openDesk(login: string): Promise<Page> {
  const context = await agent.newContext({ viewport: landscape, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', permissions: ['camera', 'microphone'] })
  const page = await context.newPage()
  await page.goto(`${server.url}/desk`)
  await signIn(page, login, words.agent)
  await expect(page.getByTestId('desk-ready')).toBeVisible({ timeout: 20_000 })
  return page
}

/** The code, key by key on the glass. */
async function enter(kiosk: Page, code: string): Promise<void> {
  for (const key of code.replaceAll('-', '')) await kiosk.locator('.keys').getByRole('button', { name: key, exact: true }).tap()
  await expect(kiosk.getByTestId('kiosk-code')).toHaveValue(code)
  await kiosk.getByTestId('kiosk-enrol').tap()
}

async function issueCode(admin: Page, id: string): Promise<string> {
  await admin.getByTestId(`admin-code-${id}`).click()
  const shown = admin.getByTestId('admin-code-value')
  await expect(shown).toHaveText(/^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/)
  const code = (await shown.textContent())!
  await admin.getByTestId('admin-code').locator('xpath=ancestor::dialog').getByRole('button', { name: '关闭' }).last().click()
  await expect(shown).toHaveCount(0)
  return code
}

test('a station is made, enrolled by touch, serves a call, and is out when its keys are revoked', async () => {
  test.setTimeout(240_000)
  const admin = await openAdmin()

  await admin.getByTestId('admin-person-new').click()
  await admin.locator('#person-login').fill('agent1')
  await admin.locator('#person-name').fill('王老师')
  await admin.locator('#person-seat').fill('1 号座席')
  await admin.locator('#person-password').fill(words.agent)
  await admin.getByTestId('admin-person-save').click()
  await expect(admin.getByTestId('admin-person-agent1')).toBeVisible()

  await open(admin, 'stations')
  await admin.getByTestId('admin-station-new').click()
  await admin.locator('#station-id').fill('s01')
  await admin.locator('#station-name').fill('云桥村')
  await admin.locator('#station-specialist').fill('施专员')
  await admin.locator('#station-affinity').selectOption('agent1')
  await admin.getByTestId('admin-station-save').click()
  await expect(admin.getByTestId('admin-station-s01')).toContainText('没有登记')

  await open(admin, 'hours')
  const always = admin.getByRole('switch', { name: '一直接待' })
  if (!(await always.isChecked())) {
    await admin.getByTestId('admin-always').click()
    await admin.getByTestId('admin-save').click()
    await expect(admin.getByTestId('admin-saved')).toBeVisible()
  }

  await open(admin, 'stations')
  const code = await issueCode(admin, 's01')

  // The kiosk has no key: it asks for the code, and touches are enough.
  const context = await station.newContext({ viewport: portrait, hasTouch: true, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', permissions: ['camera', 'microphone'] })
  const kiosk = await context.newPage()
  await kiosk.goto(`${server.url}/kiosk`)
  await kioskState(kiosk, 'enrol')
  await enter(kiosk, code)
  await kioskState(kiosk, 'idle', 40_000)
  await expect(kiosk.locator('body')).toContainText('云桥村')
  await open(admin, 'people')
  await open(admin, 'stations')
  await expect(admin.getByTestId('admin-station-s01')).toContainText('已登记')

  const desk = await openDesk('agent1')
  await ready(desk)
  await press(kiosk)
  await deskState(desk, 'offer')
  await desk.getByTestId('desk-accept').click()
  await deskState(desk, 'call')
  await kioskState(kiosk, 'call')

  // Revoked in the middle of the call.
  allow(answered(401, '/api/station/socket'))
  await admin.getByTestId('admin-revoke-s01').click()
  const revoked = Date.now()
  await admin.getByTestId('admin-yes').click()
  await kioskState(kiosk, 'fault', 30_000)
  within('station, keys revoked in a call', revoked)
  await expect(kiosk.locator('body')).toContainText('这台设备的登记被取消了')
  await expect(kiosk.getByRole('button', { name: '重新登记' })).toBeVisible()
  // No camera stays on; the call is over for the agent, who reads why and writes it down.
  expect(await kiosk.evaluate(() => [...document.querySelectorAll('video')].filter((v) => v.srcObject !== null).length)).toBe(0)
  await deskState(desk, 'wrapup')
  within('agent, told that the station was revoked', revoked)
  await expect(desk.locator('body')).toContainText('该站点已停用')
  await expect(desk.getByTestId('desk-disposition').locator('input[value=disconnected]')).toBeChecked()
  await desk.getByTestId('desk-finish').click()
  await deskState(desk, 'ready')
  await expect(desk.locator('body')).toContainText('断线未完')

  // The key lies there still, and opens nothing.
  await kiosk.reload()
  await kioskState(kiosk, 'fault', 30_000)
  await expect(kiosk.locator('body')).toContainText('这台设备的登记被取消了')

  // A code is good once: neither it nor any other guess is told apart.
  allow(answered(403, '/api/station/enrol'))
  await kiosk.getByRole('button', { name: '重新登记' }).tap()
  await kioskState(kiosk, 'enrol')
  await enter(kiosk, code)
  await expect(kiosk.locator('.trouble')).toContainText('登记码不对，或者已经过期')

  // A new one brings it back, and nothing of the call before lies there.
  await expect(admin.getByTestId('admin-station-s01')).toContainText('没有登记')
  const fresh = await issueCode(admin, 's01')
  await kiosk.getByRole('button', { name: '重写' }).tap()
  await enter(kiosk, fresh)
  await kioskState(kiosk, 'idle', 40_000)
  await press(kiosk)
  await deskState(desk, 'offer')
})

test('a disabled agent is out: by the page, and by the command of another process', async () => {
  test.setTimeout(180_000)
  for (const login of ['agent2', 'agent3']) server.command(['user', 'add', login, '--role', 'agent'], `${words.agent}\n`)
  allow(answered(401, '/api/desk/socket'), answered(401, '/api/login'), answered(401, '/api/socket'))
  const byPage = await openDesk('agent2')
  await ready(byPage)
  const admin = await openAdmin()
  await admin.getByTestId('admin-person-agent2').getByRole('button', { name: '修改' }).click()
  await admin.locator('.el-switch').filter({ has: admin.getByRole('switch', { name: '可以登录' }) }).click()
  const saved = Date.now()
  await admin.getByTestId('admin-person-save').click()
  await expect(byPage.getByTestId('desk-login')).toBeVisible({ timeout: 30_000 })
  within('agent, disabled on the page', saved)
  await expect(admin.getByTestId('admin-person-agent2')).toContainText('已停用')
  await signIn(byPage, 'agent2', words.agent)
  await expect(byPage.getByRole('alert').first()).toBeVisible()

  const byCommand = await openDesk('agent3')
  await ready(byCommand)
  const disabled = Date.now()
  expect(server.command(['user', 'disable', 'agent3'])).toContain('locked out')
  await expect(byCommand.getByTestId('desk-login')).toBeVisible({ timeout: 30_000 })
  within('agent, disabled by another process', disabled)
})

test('stations travel as CSV: the same again changes nothing, errors are told by row', async () => {
  test.setTimeout(120_000)
  allow(answered(422, '/api/admin/import/stations'))
  const admin = await openAdmin()
  await open(admin, 'stations')
  const pick = async (name: string, text: string | Buffer) => {
    await admin.getByTestId('admin-csv-file').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
  }
  const closeDialog = async () => {
    await admin.keyboard.press('Escape')
    await expect(admin.getByTestId('admin-csv')).toHaveCount(0)
  }

  // Two new ones; the second name would be a formula in a spreadsheet.
  await admin.getByTestId('admin-import-stations').click()
  await pick('new.csv', 'id,name,grid,specialist,affinity,closed\ns21,东浜村,north,李专员,,false\ns22,=东浜二村,south,,,true\n')
  await expect(admin.getByTestId('admin-csv-summary')).toContainText('新增 2')
  await admin.getByTestId('admin-csv-go').click()
  await expect(admin.getByTestId('admin-csv-done')).toContainText('新增 2')
  await closeDialog()
  await expect(admin.getByTestId('admin-station-s22')).toContainText('=东浜二村')

  const rows = admin.locator('tbody tr')
  const before = await rows.allTextContents()
  const coming = admin.waitForEvent('download')
  await admin.getByTestId('admin-export-stations').click()
  const exported = readFileSync(await (await coming).path())
  expect(exported.subarray(0, 3).toString('hex'), 'UTF-8 with BOM').toBe('efbbbf')
  expect(exported.toString(), 'no cell begins a formula').not.toMatch(/[,\n]=/)
  await admin.getByTestId('admin-import-stations').click()
  await pick('stations.csv', exported)
  await expect(admin.getByTestId('admin-csv-summary')).toContainText(`${before.length} 行都不变`)
  await expect(admin.getByTestId('admin-csv-go')).toBeDisabled()

  // Three things are wrong in two rows: all are told, nothing is written.
  await pick('wrong.csv', 'id,name,grid,specialist,affinity,closed\ns23,好村,north,,,false\ns24,坏村,west,,nobody,false\ns25,,south,,,maybe\n')
  await expect(admin.getByTestId('admin-csv-errors')).toBeVisible()
  const told = admin.getByTestId('admin-csv').locator('tbody tr')
  await expect(told.filter({ hasText: 'west' })).toHaveText(/^3grid/)
  await expect(told.filter({ hasText: 'maybe' })).toHaveText(/^4closed/)
  await expect(admin.getByTestId('admin-csv-go')).toBeDisabled()
  await closeDialog()
  await open(admin, 'people')
  await open(admin, 'stations')
  expect(await rows.allTextContents()).toEqual(before)
})
