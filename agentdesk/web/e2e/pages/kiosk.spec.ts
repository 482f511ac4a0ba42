import { allow, answered, expect, test, type Page } from '../guard'
import type { StationState } from '../../src/lib/protocol.gen'
import { agent, axeSource, page as pageView, Server, state, summary, ticket } from './kiosk.fixture'

// The kiosk's pages against a server inside the test: every state drawn, sizes, contrast names, words.

const capture = { id: 'c1', slot: 'id_card', title: '身份证', side: 'front', shooting: false } as const

interface Shown { name: string; state: StationState; as: string; before?: (page: Page) => Promise<unknown>; after?: (page: Page, server: Server) => Promise<void> }
const shown: Shown[] = [
  { name: 'idle', state: state(), as: 'idle' },
  { name: 'fault', state: state(), as: 'fault', before: async (page) => page.addInitScript(() => {
    navigator.permissions.query = () => Promise.resolve({ state: 'denied' } as PermissionStatus)
  }) },
  { name: 'closed', state: state({ state: 'closed', open: false, next_open_ms: Date.now() + 14 * 3_600_000 }), as: 'closed' },
  { name: 'who', state: state({ state: 'waiting', ticket }), as: 'waiting' },
  { name: 'theme', state: state({ state: 'waiting', ticket }), as: 'waiting', after: async (page) => page.locator('.choice').first().click() },
  { name: 'matter', state: state({ state: 'waiting', ticket }), as: 'waiting', after: async (page) => {
    await page.locator('.choice').first().click()
    await page.locator('.item').first().click()
  } },
  { name: 'materials', state: state({ state: 'waiting', ticket }), as: 'waiting', after: async (page) => {
    await page.locator('.choice').first().click()
    await page.locator('.item').first().click()
    await page.locator('.item').first().click()
  } },
  { name: 'waiting', state: state({ state: 'waiting', ticket: { ...ticket, who: 'self' }, message: '请先把身份证和社保卡拿在手上。' }), as: 'waiting' },
  { name: 'leave', state: state({ state: 'waiting', ticket: { ...ticket, who: 'self' } }), as: 'waiting', after: async (page) => page.getByText('不排了').click() },
  { name: 'ringing', state: state({ state: 'ringing', ticket: { ...ticket, who: 'self' }, agent }), as: 'ringing' },
  { name: 'call', state: state({ state: 'call', ticket: { ...ticket, who: 'self' }, agent, gate_open: true, message: '身份证收到了，很清楚。', pages: [pageView] }), as: 'call' },
  { name: 'late', state: state({ state: 'call', ticket: { ...ticket, who: 'self' }, agent, media_late: true }), as: 'call', after: async (page) => {
    await expect(page.getByText('画面还没有来，工作人员正在处理。可以叫专员帮忙。')).toBeVisible()
  } },
  { name: 'capture', state: state({ state: 'call', ticket: { ...ticket, who: 'self', matter: 'm0' }, agent, capture, pages: [pageView] }), as: 'capture' },
  { name: 'parked', state: state({ state: 'waiting', ticket: { ...ticket, who: 'self', ahead: 0, enqueued: false } }), as: 'waiting' },
  { name: 'lost', state: state({ state: 'call', ticket: { ...ticket, who: 'self' }, agent, agent_lost: true }), as: 'call' },
  { name: 'broke', state: state({ state: 'call', ticket: { ...ticket, who: 'self' }, agent }), as: 'waiting', after: async (_page, server) => server.push(state({ state: 'waiting', ticket: { ...ticket, who: 'self' } })) },
  { name: 'retake', state: state({ state: 'call', ticket: { ...ticket, who: 'self', matter: 'm0' }, agent, capture: { ...capture, hint: 'glare' }, pages: [{ ...pageView, verdict: 'retake', reason: 'glare' }] }), as: 'capture' },
  { name: 'summary-wait', state: state({ state: 'summary', summary: { ...summary, case: '', disposition: '', next_step: '' } }), as: 'summary' },
  { name: 'summary', state: state({ state: 'summary', summary }), as: 'summary' },
  { name: 'offline', state: state({ state: 'waiting', ticket: { ...ticket, who: 'self' } }), as: 'offline', after: async (_page, server) => server.cut() },
]

/** Text sizes in which a page is measured in English too: its words run longer. */
const english: Record<string, string[]> = { idle: ['m', 'xl'], materials: ['m', 'xl'], waiting: ['m', 'xl'], call: ['m'], capture: ['m'] }

const sizes = [{ width: 1080, height: 1920 }, { width: 1920, height: 1080 }]

async function open(page: Page, one: Shown): Promise<Server> {
  const server = new Server(page)
  await one.before?.(page)
  await server.start(one.state)
  if (one.after !== undefined) {
    await expect(page.getByTestId('kiosk-state')).not.toHaveAttribute('data-state', 'boot')
    await one.after(page, server)
  }
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', one.as)
  return server
}

for (const size of sizes) {
  const turn = size.height > size.width ? 'portrait' : 'landscape'
  for (const one of shown) {
    test(`${turn} ${one.name}: sizes, text, nothing cut off, axe`, async ({ page }) => {
      await page.setViewportSize(size)
      await open(page, one)
      await page.evaluate(() => document.fonts.ready)
      await expect.poll(() => page.evaluate(() => [...document.querySelectorAll('video')].every((v) => v.srcObject === null || v.videoWidth > 0))).toBe(true)
      await page.screenshot({ path: `shots/kiosk-${one.name}${turn === 'landscape' ? '-landscape' : ''}.png` })
      for (const text of ['m', 'l', 'xl']) {
        await page.evaluate((t) => {
          document.documentElement.dataset.size = t
        }, text)
        expect(await measure(page), `字号 ${text}`).toEqual([])
        if (text === 'xl') await page.screenshot({ path: `shots/kiosk-${one.name}${turn === 'landscape' ? '-landscape' : ''}-xl.png` })
      }
      for (const text of english[one.name] ?? []) {
        await page.locator('.tools button').last().click()
        await expect(page.locator('html')).toHaveAttribute('lang', 'en')
        await page.evaluate((t) => {
          document.documentElement.dataset.size = t
        }, text)
        expect(await measure(page), `English ${text}`).toEqual([])
        await page.screenshot({ path: `shots/kiosk-${one.name}${turn === 'landscape' ? '-landscape' : ''}-en-${text}.png` })
        await page.locator('.tools button').last().click()
      }
      await page.evaluate(() => {
        document.documentElement.dataset.size = 'm'
      })
      await page.evaluate(axeSource)
      const violations = await page.evaluate(async () => {
        const axe = (globalThis as unknown as { axe: { run: (o: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe
        const result = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
        return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`)
      })
      expect(violations).toEqual([])
    })
  }
}

/** Breaches of the kiosk's own rules (look.md 2, 3): targets, gaps, text, cut off text, main buttons. */
function measure(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wrong: string[] = []
    if (document.documentElement.scrollWidth > innerWidth) wrong.push(`page ${document.documentElement.scrollWidth} px wide`)
    const name = (e: Element) => `${e.tagName.toLowerCase()}.${e.className} "${(e.textContent ?? '').trim().slice(0, 12)}"`
    const buttons = [...document.querySelectorAll('button')].filter((b) => b.getClientRects().length > 0)
    const boxes = buttons.map((b) => b.getBoundingClientRect())
    boxes.forEach((box, i) => {
      const b = buttons[i]!
      if (box.width < 87.5 || box.height < 87.5) wrong.push(`${name(b)} ${Math.round(box.width)}×${Math.round(box.height)}`)
      if (box.left < -0.5 || box.top < -0.5 || box.right > innerWidth + 0.5 || box.bottom > innerHeight + 0.5) wrong.push(`${name(b)} outside the screen`)
      if (b.scrollWidth > b.clientWidth + 1 || b.scrollHeight > b.clientHeight + 1) wrong.push(`${name(b)} text cut off ${b.scrollWidth}×${b.scrollHeight} in ${b.clientWidth}×${b.clientHeight}`)
      boxes.slice(i + 1).forEach((other, j) => {
        const dx = Math.max(box.left - other.right, other.left - box.right)
        const dy = Math.max(box.top - other.bottom, other.top - box.bottom)
        const veiled = b.closest('.veil') !== buttons[i + 1 + j]!.closest('.veil')
        if (!veiled && Math.max(dx, dy) < 23.5) wrong.push(`${name(b)} and ${name(buttons[i + 1 + j]!)} ${Math.round(Math.max(dx, dy))} apart`)
      })
    })
    const layers = [document.querySelector('main')!, ...document.querySelectorAll('.veil')]
    for (const layer of layers) if (layer.querySelectorAll('.btn.primary').length > 1) wrong.push('two main buttons')
    const walker = document.createTreeWalker(document.querySelector('#app')!, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const e = node.parentElement!
      if ((node.textContent ?? '').trim() === '' || e.getClientRects().length === 0) continue
      if (Number.parseFloat(getComputedStyle(e).fontSize) < 23.9) wrong.push(`${name(e)} text below 24 px`)
    }
    for (const e of document.querySelectorAll('main, main section, main .card, main .win, main .trouble, .veil > *')) {
      if (e.scrollHeight > e.clientHeight + 2 || e.scrollWidth > e.clientWidth + 2) wrong.push(`${name(e)} content cut off ${e.scrollWidth}×${e.scrollHeight} in ${e.clientWidth}×${e.clientHeight}`)
    }
    // Blocks of a page must not lie over each other.
    const blocks = [...document.querySelectorAll('main > section > *')].filter((e) => e.getBoundingClientRect().width > 1)
    blocks.forEach((a, i) => {
      const x = a.getBoundingClientRect()
      if (x.bottom > document.querySelector('footer')!.getBoundingClientRect().top + 0.5) wrong.push(`${name(a)} under the footer`)
      for (const b of blocks.slice(i + 1)) {
        const y = b.getBoundingClientRect()
        if (x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1) wrong.push(`${name(a)} over ${name(b)}`)
      }
    })
    return wrong
  })
}

test('the press takes a ticket with the notice, once', async ({ page }) => {
  const server = await open(page, shown[0]!)
  await page.getByTestId('kiosk-call').click()
  await expect.poll(() => server.sent('ticket.take').length).toBe(1)
  expect(server.sent('ticket.take')[0]?.body).toEqual({ consent_text: '2026-11', lang: 'zh' })
})

test('who, theme and matter are revised while waiting and the call wins over the question', async ({ page }) => {
  await page.setViewportSize(sizes[0]!)
  const server = await open(page, shown.find((s) => s.name === 'materials')!)
  await expect.poll(() => server.sent('ticket.revise').map((m) => m.body)).toEqual([{ who: 'self' }, { theme: 't0' }, { theme: 't0', matter: 'm0' }])
  server.push(state({ state: 'ringing', ticket: { ...ticket, who: 'self' }, agent }))
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'ringing')
  await expect(page.locator('.asking')).toHaveCount(0)
})

test('a press made while the network is away is sent once it is back', async ({ page }) => {
  const server = await open(page, shown[0]!)
  await server.cut()
  await page.getByTestId('kiosk-call').click()
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'offline')
  await expect(page.getByText('您刚才点的已经记下。')).toBeVisible()
  server.up = true
  await expect.poll(() => server.sent('ticket.take').length, { timeout: 20_000 }).toBe(1)
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'idle')
})

test('summary rings 30 s, one touch stays, then the page is clean', async ({ page }) => {
  await page.clock.install()
  const server = await open(page, shown.find((s) => s.name === 'summary')!)
  await page.clock.runFor(61_000)
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'reset')
  await page.getByText('我还在').click()
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'summary')
  await page.clock.runFor(91_000)
  await expect.poll(() => server.sent('station.reset').length).toBe(1)
  server.push(state())
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'idle')
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.body.textContent?.includes('PJ-261122-012')])).toEqual([0, 0, false])
})

test('an unknown station and a taken one say what to do', async ({ page }) => {
  await page.route('**/api/info', (r) => r.fulfill({ json: { build: 'test', demo: true, centre: 'pj', title: '', consent_text: '2026-11' } }))
  await page.route('**/api/catalogue', (r) => r.fulfill({ json: { edition: '', themes: [], matters: [] } }))
  allow(answered(404, '/api/station/socket'))
  await page.route('**/api/station/socket', (r) => r.fulfill({ status: 404, json: { code: 'not_found' } }))
  await page.goto('/kiosk.html?station=nowhere')
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'fault')
  await expect(page.getByText('这台设备还没有登记。')).toBeVisible()
})

test('拍照 shows the very bytes whose hash it names', async ({ page }) => {
  const server = await open(page, shown.find((s) => s.name === 'capture')!)
  await page.getByTestId('kiosk-capture-confirm').click()
  const taken = page.locator('[data-testid="kiosk-page"][data-status="sending"]')
  await expect(taken).toHaveCount(1)
  expect(server.sent('capture.confirm')[0]?.body).toEqual({ slot: 'id_card' })
  const [named, shot] = await taken.evaluate(async (element) => {
    const bytes = await (await fetch(element.querySelector('img')!.src)).arrayBuffer()
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return [element.dataset.sha256, Array.from(hash, (b) => b.toString(16).padStart(2, '0')).join('')]
  })
  expect(named).toBe(shot)
})

test('with one camera the call goes on and capture says whom to ask', async ({ page }) => {
  await page.addInitScript(() => {
    const all = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices)
    navigator.mediaDevices.enumerateDevices = async () => {
      let seen = false
      return (await all()).filter((d) => d.kind !== 'videoinput' || (!seen && (seen = true)))
    }
  })
  const server = await open(page, shown.find((s) => s.name === 'capture')!)
  await expect(page.getByText('拍材料的摄像头没有画面。')).toBeVisible()
  await expect(page.getByTestId('kiosk-capture-confirm')).toBeDisabled()
  await expect.poll(() => server.sent('station.report').at(-1)?.body).toMatchObject({ faults: ['document_camera_missing'] })
  await page.getByText('请专员帮我放').click()
  await expect.poll(() => server.sent('station.help').length).toBe(1)
})

test('a kiosk that was replaced says so and takes over only when touched', async ({ page }) => {
  const server = await open(page, shown[0]!)
  server.bye('replaced')
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'fault')
  await page.getByText('在这里继续').click()
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'idle')
})

test('a page that does not get through says what to do, amber, and can be taken again', async ({ page }) => {
  await page.addInitScript(() => {
    // The only promise of this kind on the way to a page: the hash of its bytes.
    crypto.subtle.digest = () => Promise.reject(new Error('refused by the test'))
  })
  await open(page, shown.find((s) => s.name === 'capture')!)
  await page.getByTestId('kiosk-capture-confirm').click()
  const verdict = page.locator('.verdict.no')
  await expect(verdict).toContainText('系统出了点问题。')
  await expect(verdict).toContainText('请再试一次，不行请找专员。')
  await expect(page.getByTestId('kiosk-capture-confirm')).toBeEnabled()
  await expect(page.getByTestId('kiosk-capture-confirm')).toContainText('再拍一次')
})

test('a rejected page is amber with a word and no page more stands beside it than is asked for', async ({ page }) => {
  await open(page, shown.find((s) => s.name === 'retake')!)
  await expect(page.locator('.verdict.no')).toContainText('有反光')
  await expect(page.locator('.steps li')).toHaveCount(2)
  await expect(page.locator('.steps li').first()).toHaveClass('retake')
  await expect(page.locator('.steps li').first()).toContainText('需补拍')
  await expect(page.locator('.steps .cur .n')).toHaveText('1')
})

test('without the queue neither the question nor the number names a place', async ({ page }) => {
  const server = await open(page, { name: '', state: state({ state: 'waiting', ticket: { ...ticket, ahead: 0, enqueued: false } }), as: 'waiting' })
  await expect(page.getByTestId('kiosk-position')).toHaveText('排队系统正在恢复，您的号留着')
  server.push(state({ state: 'waiting', ticket: { ...ticket, id: 't2', who: 'self', ahead: 0, enqueued: false } }))
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('排队系统正在恢复，您的号留着')
  await expect(page.getByText('下一个就是您')).toHaveCount(0)
})

test('a lost desk is grey and said; back in the queue the page says so until it rings', async ({ page }) => {
  const talking = { ...ticket, who: 'self' } as const
  const server = await open(page, { name: '', state: state({ state: 'call', ticket: talking, agent, agent_lost: true }), as: 'call' })
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('对方网络断了，请稍等，马上回来。')
  await expect(page.getByText('能听到您说话')).toHaveCount(0)
  await expect(page.getByTestId('kiosk-remote-video')).toHaveCSS('filter', 'grayscale(1)')
  server.push(state({ state: 'waiting', ticket: talking }))
  await expect(page.locator('.broke')).toHaveText('刚才断线了，您的号还在，马上换一位工作人员。')
  server.push(state({ state: 'ringing', ticket: talking, agent }))
  server.push(state({ state: 'waiting', ticket: talking }))
  await expect(page.locator('.ticket')).toBeVisible()
  await expect(page.locator('.broke')).toHaveCount(0)
})

test('without camera and microphone nobody is told to talk', async ({ page }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => new Promise((_, reject) => setTimeout(() => reject(new DOMException('', 'NotFoundError')), 50))
  })
  const server = await open(page, { name: '', state: state({ state: 'call', ticket: { ...ticket, who: 'self' }, agent }), as: 'call' })
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('话筒没有接好')
  await expect(page.getByText('请说句话试试')).toHaveCount(0)
  server.push(state())
  await expect(page.locator('.trouble')).toContainText('请叫专员帮忙')
  await expect(page.locator('.trouble')).not.toContainText('先说话')
})

test('media that does not come up is said in the call', async ({ page }) => {
  await open(page, { name: '', state: state({ state: 'call', ticket: { ...ticket, who: 'self' }, agent, media_late: true }), as: 'call' })
  await expect(page.locator('.caption')).toHaveText('画面还没有来，工作人员正在处理。可以叫专员帮忙。')
})
