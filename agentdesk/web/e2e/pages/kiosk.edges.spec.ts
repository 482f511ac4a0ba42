import { allow, answered, expect, outage, test, type Page } from '../guard'
import { agent, page as pageView, pass, Server, state } from './kiosk.fixture'
import { rules } from './kiosk.rules'
import { capture, open, point, reach, shown, turns, waiting, type Shown } from './kiosk.states'

// The rules of ux.md 6.7 on what a visit seldom shows: long words of the desk, pages that have stopped, missing devices,
// presses that wait or are refused, what is read without a number, and each step of a picture.

/** As long as the server lets a message be, and the words of a desk that explains itself. */
const words = {
  48: '请先把身份证、社保卡、户口簿和申请表都拿在手上，坐好，等一下就会有人来帮您办理这件事情，谢谢您。',
  120: '请先把身份证、社保卡、户口簿、银行卡和申请表都拿在手上，坐好等一下，工作人员马上就会来帮您办理这件事情。如果您的材料不齐，也不要着急，我们可以先看手上有的，剩下的请您家里人下次带来，或者由专员到家里来取。谢谢您的配合，请您再耐心等几分钟吧。',
} as const
const far = { ...waiting, ahead: 27, wait_low_ms: 3_000_000, wait_high_ms: 5_000_000 } as const
const ways = ['wait', 'callback'] as const
const talking = { ticket: { ...waiting, matter: 'm0' }, agent, gate_open: true } as const
const taken = [pageView, { ...pageView, id: '1'.repeat(32) }, { ...pageView, id: '2'.repeat(32) }]

const told: Shown[] = ([48, 120] as const).flatMap((n) => [
  { name: `told-${n}`, state: state({ state: 'waiting', ticket: { ...far, id: 'q1' }, message: words[n] }), as: 'waiting' },
  { name: `told-${n}-late`, state: state({ state: 'waiting', ticket: { ...far, id: 'q1', place_late: true }, ways: [...ways], message: words[n] }), as: 'waiting' },
  { name: `told-${n}-call`, state: state({ state: 'call', ...talking, message: words[n], pages: taken }), as: 'call' },
  { name: `told-${n}-capture`, state: state({ state: 'call', ...talking, message: words[n], capture, pages: taken }), as: 'capture' },
  { name: `told-${n}-broke`, state: state({ state: 'waiting', ticket: { ...far, id: 'q1' }, message: words[n] }), as: 'waiting' },
])
const seldom: Shown[] = [
  { name: 'waiting-nobody', state: state({ state: 'waiting', ticket: { ...waiting, id: 'q2' }, agents_on: 0, agents_free: 0 }), as: 'waiting' },
  { name: 'ringing-any', state: state({ state: 'ringing', ticket: { ...waiting, id: 'q3' } }), as: 'ringing' },
  { name: 'muted', state: state({ state: 'call', ticket: { ...waiting, id: 'q4' }, agent, gate_open: true, pages: [pageView] }), as: 'call', after: async (page) => {
    await page.locator('.foot button').nth(1).click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('您已静音，对方听不见')
    await expect(page.getByText('请对着屏幕')).toHaveCount(0)
  } },
]
const noDevices = () => {
  navigator.mediaDevices.getUserMedia = () => new Promise((_, reject) => setTimeout(() => reject(new DOMException('', 'NotFoundError')), 50))
}
const main = (page: Page) => page.getByTestId('kiosk-state')

for (const { turn, size, suffix } of turns) {
  test.describe(turn, () => {
    test.use({ viewport: size })
    test.setTimeout(300_000)

    for (const n of [48, 120] as const) {
      test(`words of ${n} characters are read whole`, async ({ page }) => {
        expect(words[n].length).toBe(n)
        const wrong: string[] = []
        const server = await open(page, shown[0]!)
        for (const one of told.filter((s) => s.name.startsWith(`told-${n}`))) {
          server.push({ ...one.state, version: state().version })
          await reach(page, server, one)
          wrong.push(...await rules(page, one.name, suffix))
        }
        expect(wrong).toEqual([])
      })
    }

    test('seldom seen states', async ({ page }) => {
      const wrong: string[] = []
      const server = await open(page, shown[0]!)
      for (const one of seldom) {
        server.push({ ...one.state, version: state().version })
        await reach(page, server, one)
        wrong.push(...await rules(page, one.name, suffix))
      }
      expect(wrong).toEqual([])
    })

    test('the book without a number, and the ring over it', async ({ page }) => {
      await page.clock.install()
      const wrong: string[] = []
      await open(page, shown[0]!)
      await page.locator('.book').click()
      wrong.push(...await rules(page, 'book-theme', suffix))
      await page.locator('.item').first().click()
      wrong.push(...await rules(page, 'book-matter', suffix))
      await page.locator('.item').first().click()
      wrong.push(...await rules(page, 'book-materials', suffix))
      await pass(page, 62_000)
      await expect(main(page)).toHaveAttribute('data-state', 'reset')
      wrong.push(...await rules(page, 'book-reset', suffix))
      expect(wrong).toEqual([])
    })

    test('help asked, a press on its way, held and refused', async ({ page }) => {
      // What was asked stays said: the page would take it back after 20 s.
      await page.addInitScript(() => {
        const later = globalThis.setTimeout
        globalThis.setTimeout = ((run: () => void, ms?: number) => (ms === 20_000 ? 0 : later(run, ms))) as typeof setTimeout
      })
      const wrong: string[] = []
      const server = await open(page, shown[0]!)
      await page.locator('.foot button').last().click()
      await expect(page.locator('.foot button').last()).toHaveAttribute('aria-pressed', 'true')
      wrong.push(...await rules(page, 'helped', suffix))
      server.refuse['ticket.take'] = 'internal'
      await page.getByTestId('kiosk-call').click()
      await expect(page.locator('.trouble')).toBeVisible()
      wrong.push(...await rules(page, 'press-refused', suffix))
      server.refuse['ticket.take'] = 'records_away'
      await page.getByTestId('kiosk-call').click()
      await expect(page.locator('.trouble')).toContainText('登记系统')
      await expect(page.getByTestId('kiosk-call')).toBeDisabled()
      wrong.push(...await rules(page, 'press-held', suffix))
      delete server.refuse['ticket.take']
      await expect(page.getByTestId('kiosk-call')).toBeEnabled()
      server.refuse['ticket.take'] = ''
      await page.getByTestId('kiosk-call').click()
      await expect(page.getByTestId('kiosk-call')).toBeDisabled()
      wrong.push(...await rules(page, 'press-taking', suffix))
      expect(wrong).toEqual([])
    })

    test('a page that has stopped', async ({ page }) => {
      const wrong: string[] = []
      const server = await open(page, shown[0]!)
      for (const code of ['replaced', 'elsewhere', 'protocol'] as const) {
        server.bye(code)
        await expect(main(page)).toHaveAttribute('data-state', 'fault')
        wrong.push(...await rules(page, `stopped-${code}`, suffix))
        if (code === 'protocol') break
        await page.locator('main .btn').last().click()
        await expect(main(page)).toHaveAttribute('data-state', 'idle')
      }
      expect(wrong).toEqual([])
    })

    for (const [code, status, says] of [['not_found', 404, '还没有登记'], ['not_enrolled', 401, '登记被取消']] as const) {
      test(`a station that is ${code}`, async ({ page }) => {
        allow(answered(status, '/api/station/socket'), outage)
        const server = new Server(page, { demo: code !== 'not_enrolled' })
        server.answers.socket = { status, json: { code } }
        server.answers.enrol = { json: { station: 's07', name: '云桥村党群服务站', key: 'k' } }
        await server.start(state())
        if (code === 'not_enrolled') {
          await page.getByTestId('kiosk-code').fill('K7QD 2M9X 0000 ZZZZ')
          await page.getByTestId('kiosk-enrol').click()
        }
        await expect(main(page)).toHaveAttribute('data-state', 'fault')
        await expect(page.locator('.trouble')).toContainText(says)
        expect(await rules(page, `stopped-${code}`, suffix)).toEqual([])
      })
    }

    test('without camera and microphone', async ({ page }) => {
      await page.addInitScript(noDevices)
      const wrong: string[] = []
      const server = await open(page, { name: '', state: state({ state: 'call', ...talking, pages: [pageView], message: '您好，请说话。' }), as: 'call' })
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('话筒没有接好')
      wrong.push(...await rules(page, 'bare-call', suffix))
      server.push(state({ state: 'call', ...talking, capture, pages: [pageView] }))
      await expect(main(page)).toHaveAttribute('data-state', 'capture')
      // The button that cannot be pressed tells why.
      await expect(page.getByTestId('kiosk-capture-confirm')).toBeDisabled()
      await expect(page.getByTestId('kiosk-capture-confirm')).toHaveAccessibleDescription(/摄像头没有画面/)
      wrong.push(...await rules(page, 'bare-capture', suffix))
      server.push(state({ state: 'waiting', ticket: { ...waiting, id: 'x1' } }))
      await expect(main(page)).toHaveAttribute('data-state', 'waiting')
      wrong.push(...await rules(page, 'bare-waiting', suffix))
      server.push(state({ state: 'waiting', ticket: { ...far, id: 'x1' }, message: words[120] }))
      await expect(page.locator('.told')).toBeVisible()
      wrong.push(...await rules(page, 'bare-told', suffix))
      server.push(state())
      await expect(page.locator('.trouble')).toBeVisible()
      wrong.push(...await rules(page, 'bare-idle', suffix))
      server.push(state({ agents_free: 0, lack: 'full', ways: ['callback', 'materials', 'point'], point }))
      await expect(page.getByTestId('kiosk-materials')).toBeVisible()
      wrong.push(...await rules(page, 'bare-full', suffix))
      expect(wrong).toEqual([])
    })

    test('a picture while it is taken, sent and refused', async ({ page }) => {
      allow(answered(413, '/api/station/pages/\\w+'))
      await page.addInitScript(() => {
        const blob = HTMLCanvasElement.prototype.toBlob
        HTMLCanvasElement.prototype.toBlob = function (...args) {
          if (document.documentElement.dataset.still === undefined) blob.apply(this, args)
        }
      })
      const wrong: string[] = []
      const server = await open(page, { name: '', state: state({ state: 'call', ...talking, capture: { ...capture, id: 'c7' } }), as: 'capture' })
      const press = page.getByTestId('kiosk-capture-confirm')
      await page.evaluate(() => (document.documentElement.dataset.still = ''))
      await press.click()
      await expect(press).toHaveText('正在拍，请不要动')
      wrong.push(...await rules(page, 'capture-taking', suffix))
      await page.evaluate(() => delete document.documentElement.dataset.still)
      // Nobody answers where the page goes to: it stays under way.
      let held = true
      await page.route('**/api/station/pages/*', (r) => (held ? undefined : r.fallback()))
      server.push(state({ state: 'call', ...talking, capture: { ...capture, id: 'c8', upload: 'token' } }))
      await expect(press).toHaveText('拍照')
      await press.click()
      await expect(press).toContainText('%')
      wrong.push(...await rules(page, 'capture-sending', suffix))
      held = false
      server.answers['GET pages'] = { status: 413, json: { code: 'too_large' } }
      server.push(state({ state: 'call', ...talking }))
      await expect(main(page)).toHaveAttribute('data-state', 'call')
      expect(wrong).toEqual([])
    })

    test('a picture that the server does not take', async ({ page }) => {
      allow(answered(413, '/api/station/pages/\\w+'))
      const server = new Server(page)
      server.answers['GET pages'] = { status: 413, json: { code: 'too_large' } }
      await server.start(state({ state: 'call', ...talking, capture: { ...capture, id: 'c9', upload: 'token' } }))
      await expect(main(page)).toHaveAttribute('data-state', 'capture')
      await page.getByTestId('kiosk-capture-confirm').click()
      await expect(page.locator('.verdict.no')).toContainText('太大', { timeout: 20_000 })
      expect(await rules(page, 'capture-failed', suffix)).toEqual([])
    })

    test('enrolment that runs, and a page without keys', async ({ page }) => {
      const server = new Server(page)
      await server.start(state(), '/kiosk.html')
      await page.route('**/api/station/enrol', () => undefined)
      await page.getByTestId('kiosk-code').fill('K7QD 2M9X 0000 ZZZZ')
      await page.getByTestId('kiosk-enrol').click()
      await expect(page.getByTestId('kiosk-enrol')).toBeDisabled()
      const wrong = await rules(page, 'enrol-running', suffix)
      await page.addInitScript(() => Object.defineProperty(crypto, 'subtle', { value: undefined }))
      await page.reload()
      await expect(page.locator('.enrol.blocked')).toBeVisible()
      wrong.push(...await rules(page, 'enrol-no-keys', suffix))
      expect(wrong).toEqual([])
    })
  })
}
