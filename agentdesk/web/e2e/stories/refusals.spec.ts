// Bad input: each gets a sentence that says what to do.
import { allow, answered, type Browser, expect, test } from '../guard'
import { agentBrowser, deskState, kioskState, launch, openDesk, portrait, ready, signIn } from './people'
import { Server } from './server'

const server = new Server()
let agent: Browser, bare: Browser

test.beforeAll(async () => {
  await server.start()
  ;[agent, bare] = await Promise.all([agentBrowser(), launch()])
})
test.afterAll(async () => {
  await Promise.all([agent?.close(), bare?.close()])
  await server.stop()
})

test('an unknown station says whom to ask', async () => {
  allow(answered(404, '/api/station/socket'))
  const page = await bare.newPage({ viewport: portrait, locale: 'zh-CN' })
  await page.goto(`${server.url}/kiosk?station=s99`)
  await kioskState(page, 'fault')
  await expect(page.locator('body')).toContainText('这台设备还没有登记')
  await page.close()
})

test('a kiosk without a camera says so and still offers help', async () => {
  const page = await bare.newPage({ viewport: portrait, locale: 'zh-CN' })
  await page.goto(`${server.url}/kiosk?station=s02`)
  await kioskState(page, /fault|idle/)
  await expect(page.locator('body')).toContainText(/摄像头/, { timeout: 15_000 })
  await expect(page.locator('body')).toContainText('叫专员帮忙')
  await page.close()
})

test('a wrong password and an unknown name get the same sentence', async () => {
  allow(answered(401, '/api/login'))
  const page = await bare.newPage({ locale: 'zh-CN' })
  await page.goto(`${server.url}/desk`)
  await signIn(page, 'agent1', 'wrong')
  const alert = page.getByRole('alert').first()
  await expect(alert).toBeVisible()
  const first = await alert.textContent()
  await page.reload()
  await signIn(page, 'nobody', 'wrong')
  await expect(alert).toBeVisible()
  expect(await alert.textContent()).toBe(first)
  await page.close()
})

test('a second desk of one agent asks, takes over, and the first is told', async () => {
  const first = await openDesk(agent, server, 'agent1')
  await ready(first)
  const second = await openDesk(agent, server, 'agent1')
  await second.getByTestId('desk-takeover').click()
  await deskState(second, /ready|offline/)
  await expect(first.locator('body')).toContainText(/另一|别处/)
})
