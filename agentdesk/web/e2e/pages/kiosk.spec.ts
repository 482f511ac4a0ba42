import { allow, answered, expect, outage, test, type Page } from '../guard'
import type { StationState } from '../../src/lib/protocol.gen'
import { agent, page as pageView, Server, state, summary, ticket } from './kiosk.fixture'
import { axe, keyboard, measure, spaced } from './kiosk.rules'

// The kiosk's pages against a server inside the test: every state drawn, its rules, and what touches do.

const capture = { id: 'c1', slot: 'id_card', title: '身份证', side: 'front', shooting: false } as const

interface Shown { name: string; state: StationState; as: string; before?: (page: Page) => Promise<unknown>; after?: (page: Page, server: Server) => Promise<void> }
const waiting = { ...ticket, who: 'self' } as const
const shown: Shown[] = [
  { name: 'idle', state: state(), as: 'idle' },
  { name: 'idle-busy', state: state({ agents_free: 0 }), as: 'idle' },
  { name: 'idle-nobody', state: state({ agents_free: 0, agents_on: 0, hours: '' }), as: 'idle' },
  { name: 'closed', state: state({ state: 'closed', open: false, next_open_ms: Date.now() + 14 * 3_600_000 }), as: 'closed' },
  { name: 'who', state: state({ state: 'waiting', ticket }), as: 'waiting' },
  { name: 'theme', state: state({ state: 'waiting', ticket: { ...ticket, id: 't2' } }), as: 'waiting', after: async (page) => page.locator('.choice').first().click() },
  { name: 'matter', state: state({ state: 'waiting', ticket: { ...ticket, id: 't3' } }), as: 'waiting', after: async (page) => {
    await page.locator('.choice').first().click()
    await page.locator('.item').first().click()
  } },
  { name: 'matter-none', state: state({ state: 'waiting', ticket: { ...ticket, id: 't4' } }), as: 'waiting', after: async (page) => {
    await page.locator('.choice').first().click()
    await page.locator('.item').last().click()
  } },
  { name: 'materials', state: state({ state: 'waiting', ticket: { ...ticket, id: 't5' } }), as: 'waiting', after: async (page) => {
    await page.locator('.choice').first().click()
    await page.locator('.item').first().click()
    await page.locator('.item').first().click()
  } },
  { name: 'waiting', state: state({ state: 'waiting', ticket: waiting, message: '请先把身份证和社保卡拿在手上。' }), as: 'waiting' },
  { name: 'waiting-next', state: state({ state: 'waiting', ticket: { ...waiting, ahead: 0, wait_low_ms: 0, wait_high_ms: 50_000 } }), as: 'waiting' },
  { name: 'waiting-late', state: state({ state: 'waiting', ticket: { ...waiting, place_late: true } }), as: 'waiting' },
  { name: 'parked', state: state({ state: 'waiting', ticket: { ...waiting, ahead: 0, enqueued: false } }), as: 'waiting' },
  { name: 'leave', state: state({ state: 'waiting', ticket: waiting }), as: 'waiting', after: async (page) => page.locator('.foot button').first().click() },
  { name: 'ringing', state: state({ state: 'ringing', ticket: waiting, agent }), as: 'ringing' },
  { name: 'call', state: state({ state: 'call', ticket: waiting, agent, gate_open: true, message: '身份证收到了，很清楚。', pages: [pageView] }), as: 'call' },
  { name: 'late', state: state({ state: 'call', ticket: waiting, agent, media_late: true }), as: 'call', after: async (page) => {
    await expect(page.locator('.caption')).toBeVisible()
  } },
  { name: 'lost', state: state({ state: 'call', ticket: waiting, agent, agent_lost: true }), as: 'call' },
  { name: 'broke', state: state({ state: 'call', ticket: waiting, agent }), as: 'waiting', after: async (_page, server) => server.push(state({ state: 'waiting', ticket: waiting })) },
  { name: 'capture', state: state({ state: 'call', ticket: { ...waiting, matter: 'm0' }, agent, capture, pages: [pageView] }), as: 'capture' },
  { name: 'retake', state: state({ state: 'call', ticket: { ...waiting, matter: 'm0' }, agent, capture: { ...capture, hint: 'glare' }, pages: [{ ...pageView, verdict: 'retake', reason: 'glare' }] }), as: 'capture' },
  { name: 'shot', state: state({ state: 'call', ticket: { ...waiting, matter: 'm0' }, agent, capture: { ...capture, id: 'c2' } }), as: 'capture', after: async (page) => {
    await page.getByTestId('kiosk-capture-confirm').click()
    await expect(page.locator('.verdict')).toBeVisible()
  } },
  { name: 'summary-wait', state: state({ state: 'summary', summary: { ...summary, case: '', disposition: '', next_step: '' } }), as: 'summary' },
  { name: 'summary-lost', state: state({ state: 'summary', summary: { ...summary, disposition: '', next_step: '', ended: 'lost' } }), as: 'summary' },
  { name: 'summary', state: state({ state: 'summary', summary }), as: 'summary' },
]
const named = (name: string) => shown.find((s) => s.name === name)!

const sizes = [{ width: 1080, height: 1920 }, { width: 1920, height: 1080 }]
const turns = [{ turn: 'portrait', size: sizes[0]!, suffix: '' }, { turn: 'landscape', size: sizes[1]!, suffix: '-landscape' }] as const

/** Opens the page on one state. */
async function open(page: Page, one: Shown): Promise<Server> {
  const server = new Server(page)
  await one.before?.(page)
  await server.start(one.state)
  await reach(page, server, one)
  return server
}

async function reach(page: Page, server: Server, one: Shown): Promise<void> {
  const at = page.getByTestId('kiosk-state')
  await expect(at).not.toHaveAttribute('data-state', 'boot')
  await one.after?.(page, server)
  await expect(at).toHaveAttribute('data-state', one.as)
}

const setSize = (page: Page, text: string) => page.evaluate((t) => {
  document.documentElement.dataset.size = t
}, text)

/** The same page with another content: same title, same controls. */
const variants = new Set(['idle-busy', 'idle-nobody', 'waiting-next', 'waiting-late', 'parked', 'late', 'lost', 'broke', 'retake', 'shot', 'summary-wait', 'summary-lost', 'matter-none'])

/** All rules on what is drawn now: three text sizes, both languages, spacing, keyboard, axe; and pictures to look at. */
async function rules(page: Page, name: string, suffix: string, titles?: Map<string, string>): Promise<string[]> {
  const wrong: string[] = []
  const note = (where: string, found: string[]) => wrong.push(...found.map((w) => `${name}${suffix} ${where}: ${w}`))
  await page.evaluate(() => document.fonts.ready)
  await expect.poll(() => page.evaluate(() => [...document.querySelectorAll('video')].every((v) => v.srcObject === null || v.videoWidth > 0))).toBe(true)
  const title = await page.title()
  if (titles !== undefined) {
    const other = [...titles].find(([, t]) => t === title)?.[0]
    if (other !== undefined) note('title', [`same as ${other}: ${title}`])
    titles.set(name, title)
  }
  for (const lang of ['zh', 'en']) {
    if (lang === 'en') await page.locator('.tools button').last().click()
    for (const text of ['m', 'l', 'xl']) {
      await setSize(page, text)
      note(`${lang} ${text}`, await measure(page))
      if (lang === 'zh' && text !== 'l') await page.screenshot({ path: `shots/kiosk-${name}${suffix}${text === 'm' ? '' : `-${text}`}.png` })
    }
    await setSize(page, 'm')
    note(lang, await spaced(page))
  }
  await page.locator('.tools button').last().click()
  note('axe', await axe(page))
  if (!variants.has(name)) note('keys', await keyboard(page))
  return wrong
}

for (const { turn, size, suffix } of turns) {
  test(`${turn}: every state keeps the rules`, async ({ page }) => {
    test.setTimeout(240_000)
    await page.setViewportSize(size)
    const titles = new Map<string, string>()
    const wrong: string[] = []
    const server = new Server(page)
    await server.start(state())
    for (const one of shown) {
      server.push({ ...one.state, version: state().version })
      await reach(page, server, one)
      wrong.push(...await rules(page, one.name, suffix, variants.has(one.name) ? undefined : titles))
      if (one.name === 'leave') await page.locator('.veil .btn.primary').click()
    }
    expect(wrong).toEqual([])
  })

  test(`${turn}: enrolment keeps the rules`, async ({ page }) => {
    await page.setViewportSize(size)
    const server = new Server(page)
    await server.start(state(), '/kiosk.html')
    await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'enrol')
    const wrong = await rules(page, 'enrol', suffix)
    server.answers.enrol = { status: 403, json: { code: 'bad_code' } }
    allow(answered(403, '/api/station/enrol'))
    await page.getByTestId('kiosk-code').fill('K7QD 2M9X 0000 ZZZZ')
    await page.getByTestId('kiosk-enrol').click()
    await expect(page.locator('.trouble')).toBeVisible()
    wrong.push(...await rules(page, 'enrol-refused', suffix))
    server.answers.enrol = { status: 429, json: { code: 'rate', retry_ms: 1_500_000 } }
    allow(answered(429, '/api/station/enrol'))
    await page.getByTestId('kiosk-enrol').click()
    await expect(page.getByTestId('kiosk-enrol')).toBeDisabled()
    wrong.push(...await rules(page, 'enrol-wait', suffix))
    expect(wrong).toEqual([])
  })

  for (const [name, script] of [
    ['fault-denied', () => {
      navigator.permissions.query = () => Promise.resolve({ state: 'denied' } as PermissionStatus)
    }],
    ['fault-black', () => {
      const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      navigator.mediaDevices.getUserMedia = async (want) => {
        const stream = await get(want)
        // A covered lens: frames come, and all of them are black.
        for (const track of stream.getVideoTracks()) track.enabled = false
        return stream
      }
    }],
    ['fault-document', () => {
      const all = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices)
      navigator.mediaDevices.enumerateDevices = async () => (await all()).filter((d) => d.kind !== 'videoinput' || !d.label.includes('1'))
    }],
    ['fault-insecure', () => {
      Object.defineProperty(navigator, 'mediaDevices', { value: undefined })
    }],
  ] as const) {
    test(`${turn}: ${name} keeps the rules`, async ({ page }) => {
      await page.setViewportSize(size)
      await page.addInitScript(script)
      await open(page, { name, state: state(), as: name === 'fault-document' ? 'idle' : 'fault' })
      await expect(page.locator('.trouble')).toBeVisible()
      expect(await rules(page, name, suffix)).toEqual([])
    })
  }

  test(`${turn}: boot keeps the rules`, async ({ page }) => {
    await page.setViewportSize(size)
    // The self-check never ends: nobody answers for the camera.
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined)
    })
    await page.clock.install()
    const server = new Server(page)
    await server.start(state())
    await expect(page.locator('[data-part="network"]')).not.toHaveAttribute('data-level', 'pending')
    await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'boot')
    expect(await rules(page, 'boot', suffix)).toEqual([])
  })

  test(`${turn}: the ring keeps the rules`, async ({ page }) => {
    await page.setViewportSize(size)
    await page.clock.install()
    await open(page, named('summary'))
    await page.clock.runFor(62_000)
    await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'reset')
    expect((await rules(page, 'reset', suffix))).toEqual([])
  })

  test(`${turn}: offline keeps the rules over every state`, async ({ page }) => {
    test.setTimeout(180_000)
    allow(outage)
    await page.setViewportSize(size)
    const server = new Server(page)
    const wrong: string[] = []
    await server.start(state())
    for (const name of ['idle', 'closed', 'who', 'waiting', 'ringing', 'call', 'capture', 'summary']) {
      server.up = true
      await expect(page.getByTestId('kiosk-state')).not.toHaveAttribute('data-state', /offline|boot/, { timeout: 20_000 })
      server.push({ ...named(name).state, version: state().version })
      await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', named(name).as)
      await server.cut()
      await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'offline')
      const found = name === 'call' || name === 'waiting' ? await rules(page, `offline-${name}`, suffix) : await measure(page)
      wrong.push(...found.map((w) => `offline-${name}${suffix} ${w}`))
    }
    expect(wrong).toEqual([])
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
  const server = await open(page, named('materials'))
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
  const server = await open(page, named('summary'))
  await page.clock.runFor(61_000)
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'reset')
  await page.getByText('我还在').click()
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'summary')
  await page.clock.runFor(91_000)
  await expect.poll(() => server.sent('station.reset').length).toBe(1)
  server.push(state())
  // Under the stopped clock a self-check may not have ended: what is off does not matter here.
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', /^(idle|fault)$/)
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.body.textContent?.includes('PJ-261122-012')])).toEqual([0, 0, false])
})

test('an unknown station and a taken one say what to do', async ({ page }) => {
  await page.route('**/api/info', (r) => r.fulfill({ json: { build: 'test', demo: true, centre: 'pj', title: '', consent_text: '2026-11' } }))
  await page.route('**/api/catalogue', (r) => r.fulfill({ json: { edition: '', themes: [], matters: [] } }))
  allow(answered(404, '/api/station/socket'))
  let asked = 0
  await page.route('**/api/station/socket', (r) => {
    asked++
    return r.fulfill({ status: 404, json: { code: 'not_found' } })
  })
  await page.goto('/kiosk.html?station=nowhere')
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'fault')
  await expect(page.getByText('这台设备还没有登记。')).toBeVisible()
  await expect(page.getByText('请叫身边的专员来看一下')).toBeVisible()
  await expect.poll(() => asked).toBeGreaterThan(1)
  const before = asked
  await page.getByRole('button', { name: '再试一次' }).click()
  await expect.poll(() => asked).toBeGreaterThan(before)
})

test('拍照 shows the very bytes whose hash it names', async ({ page }) => {
  // The policy lets no page fetch a blob's address: the blobs are remembered as they are made.
  await page.addInitScript(() => {
    const blobs = new Map<string, Blob>()
    const make = URL.createObjectURL.bind(URL)
    URL.createObjectURL = (o: Blob | MediaSource) => {
      const url = make(o)
      if (o instanceof Blob) blobs.set(url, o)
      return url
    }
    Object.assign(window, { blobs })
  })
  const server = await open(page, named('capture'))
  await page.getByTestId('kiosk-capture-confirm').click()
  const taken = page.locator('[data-testid="kiosk-page"][data-status="sending"]')
  await expect(taken).toHaveCount(1)
  expect(server.sent('capture.confirm')[0]?.body).toEqual({ slot: 'id_card' })
  const [told, shot] = await taken.evaluate(async (element) => {
    const blob = (window as unknown as { blobs: Map<string, Blob> }).blobs.get(element.querySelector('img')!.src)!
    const bytes = await blob.arrayBuffer()
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return [element.dataset.sha256, Array.from(hash, (b) => b.toString(16).padStart(2, '0')).join('')]
  })
  expect(told).toBe(shot)
})

test('with one camera the call goes on and capture says whom to ask', async ({ page }) => {
  await page.addInitScript(() => {
    const all = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices)
    navigator.mediaDevices.enumerateDevices = async () => {
      let seen = false
      return (await all()).filter((d) => d.kind !== 'videoinput' || (!seen && (seen = true)))
    }
  })
  const server = await open(page, named('capture'))
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
  await open(page, named('capture'))
  await page.getByTestId('kiosk-capture-confirm').click()
  const verdict = page.locator('.verdict.no')
  await expect(verdict).toContainText('系统出了点问题。')
  await expect(verdict).toContainText('请再试一次，不行请找专员。')
  await expect(page.getByTestId('kiosk-capture-confirm')).toBeEnabled()
  await expect(page.getByTestId('kiosk-capture-confirm')).toContainText('再拍一次')
})

test('a rejected page is amber with a word and no page more stands beside it than is asked for', async ({ page }) => {
  await open(page, named('retake'))
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

test.describe('a device without a station', () => {
  const keysOf = (page: Page) => page.evaluate(() => new Promise<string[]>((resolve, reject) => {
    const opening = indexedDB.open('remotewindow', 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore('keys')
    opening.onerror = () => reject(new Error('IndexedDB'))
    opening.onsuccess = () => {
      const all = opening.result.transaction('keys').objectStore('keys').getAll() as IDBRequest<{ id: string; privateKey: CryptoKey }[]>
      all.onsuccess = () => {
        opening.result.close()
        resolve(all.result.map((k) => `${k.id} ${k.privateKey.extractable}`))
      }
    }
  }))

  test('is enrolled by touch, logs in by its key, keeps it over a reload, and asks for a code once it was refused', async ({ page }) => {
    await page.clock.install()
    const server = new Server(page, { demo: false })
    server.answers.enrol = { json: { station: 's07', name: '云桥村党群服务站', key: 'k' } }
    await server.start(state(), '/kiosk.html?station=s07')
    const at = page.getByTestId('kiosk-state')
    // While the clock is the test's, the self-check may give up on a camera that is still opening.
    const loggedIn = /^(idle|fault)$/
    await expect(at).toHaveAttribute('data-state', 'enrol')
    await expect(page.getByTestId('kiosk-enrol')).toBeDisabled()
    await expect(page.getByTestId('kiosk-enrol')).toHaveText('还差 16 位')
    for (const key of 'K7QD2M9X0110ZZZZ') await page.locator('.keys').getByText(key, { exact: true }).click()
    await expect(page.getByTestId('kiosk-code')).toHaveValue('K7QD-2M9X-0110-ZZZZ')
    await page.getByText('删一位').click()
    await page.locator('.keys').getByText('Z', { exact: true }).click()
    await page.getByTestId('kiosk-enrol').click()
    await expect.poll(() => server.asked.map((a) => a.path).slice(0, 3)).toEqual(['enrol', 'challenge', 'socket'])
    const [enrol, challenge, socket] = server.asked
    expect(enrol?.body).toMatchObject({ code: 'K7QD2M9X0110ZZZZ' })
    expect(Object.keys(socket!.body).sort()).toEqual(['key', 'nonce', 'signature'])
    expect(socket?.body).toMatchObject({ key: challenge?.body.key, nonce: 'nonce' })
    await page.clock.runFor(7_000)
    await expect(at).toHaveAttribute('data-state', loggedIn)
    expect(await keysOf(page)).toEqual([`${String(challenge?.body.key)} false`])

    await page.reload()
    await expect.poll(() => server.asked.at(-1)?.path).toBe('socket')
    await page.clock.runFor(7_000)
    await expect(at).toHaveAttribute('data-state', loggedIn)

    // Revoked: the server ends the socket, and takes the key no more.
    allow(outage, answered(401, '/api/station/socket'))
    server.push(state({ state: 'waiting', ticket: waiting }))
    await expect(at).toHaveAttribute('data-state', 'waiting')
    server.answers.socket = { status: 401, json: { code: 'not_enrolled' } }
    server.bye('ticket_expired')
    await page.clock.runFor(1_000)
    await expect(at).toHaveAttribute('data-state', 'fault')
    await expect(page.locator('.trouble')).toContainText('登记被取消')
    await expect(page.getByText('A012')).toHaveCount(0)
    await page.clock.runFor(61_000)
    await expect.poll(() => server.asked.filter((a) => a.path === 'socket').length).toBe(4)
    await page.clock.runFor(61_000)
    await expect(at).toHaveAttribute('data-state', 'enrol')
    await expect(page.locator('.net')).toHaveCount(0)

    // The only key stays, and is tried beside what is typed: a station that was closed may open again.
    const kept = [`${String(challenge?.body.key)} false`]
    expect(await keysOf(page)).toEqual(kept)
    await page.getByTestId('kiosk-code').fill('K7QD')
    await page.clock.runFor(61_000)
    await expect.poll(() => server.asked.filter((a) => a.path === 'socket').length).toBe(6)
    await expect(page.getByTestId('kiosk-code')).toHaveValue('K7QD')
    delete server.answers.socket
    await page.clock.runFor(61_000)
    await expect(at).toHaveAttribute('data-state', 'waiting')
    expect(await keysOf(page)).toEqual(kept)
  })

  test('asks for another challenge at once when one ran out, and takes it for no refusal', async ({ page }) => {
    allow(answered(401, '/api/station/socket'))
    const server = new Server(page, { demo: false })
    server.answers.enrol = { json: { station: 's07', name: '云桥村党群服务站', key: 'k' } }
    server.answers.socket = { status: 401, json: { code: 'nonce' } }
    await server.start(state(), '/kiosk.html')
    await page.getByTestId('kiosk-code').fill('K7QD2M9X0110ZZZZ')
    await page.getByTestId('kiosk-enrol').click()
    await expect.poll(() => server.asked.map((a) => a.path).slice(0, 5)).toEqual(['enrol', 'challenge', 'socket', 'challenge', 'socket'])
    delete server.answers.socket
    await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'idle', { timeout: 20_000 })
  })

  test('counts down in words what the server makes it wait', async ({ page }) => {
    allow(answered(429, '/api/station/enrol'))
    await page.clock.install()
    const server = new Server(page, { demo: false })
    server.answers.enrol = { status: 429, json: { code: 'rate', retry_ms: 64_000 } }
    await server.start(state(), '/kiosk.html')
    const button = page.getByTestId('kiosk-enrol')
    await page.getByTestId('kiosk-code').fill('K7QD2M9X0110ZZZZ')
    await button.click()
    await expect(button).toHaveText(/^请等 1 分 \d 秒$/)
    await expect(button).toBeDisabled()
    await expect(page.locator('.trouble')).toContainText('等倒计时完了再试')
    await page.clock.runFor(10_000)
    await expect(button).toHaveText(/^请等 5\d 秒$/)
    await page.clock.runFor(56_000)
    await expect(button).toHaveText('登记')
    await expect(page.locator('.trouble')).toContainText('现在可以再试。')
    server.answers.enrol = { json: { station: 's07', name: '云桥村党群服务站', key: 'k' } }
    await button.click()
    await expect.poll(() => server.asked.map((a) => a.path)).toContain('socket')
  })

  test('says so when the browser keeps no keys', async ({ page }) => {
    await page.addInitScript(() => {
      Object.defineProperty(crypto, 'subtle', { value: undefined })
    })
    const server = new Server(page, { demo: false })
    await server.start(state(), '/kiosk.html')
    await expect(page.locator('.trouble')).toContainText('请用加密的网址打开。')
    await expect(page.getByTestId('kiosk-code')).toHaveCount(0)
  })
})

test('a page goes over HTTP when no channel opens, with its progress, from where the server stands', async ({ page }) => {
  const server = new Server(page)
  server.answers['GET pages'] = { json: { have: 0 } }
  server.answers['PUT pages'] = { status: 204 }
  await server.start({ ...named('capture').state, version: state().version, capture: { ...capture, upload: 'bearer-of-this-request' } })
  await page.getByTestId('kiosk-capture-confirm').click()
  await expect.poll(() => server.asked.filter((a) => a.path.startsWith('pages/')).map((a) => a.method), { timeout: 20_000 }).toEqual(['GET', 'PUT'])
  await expect(page.locator('[data-testid="kiosk-page"][data-status="done"]')).toHaveCount(2)
  const [get, put] = server.asked.filter((a) => a.path.startsWith('pages/'))
  expect(put?.path).toMatch(/^pages\/[0-9a-f]{32}$/)
  expect(put?.headers).toMatchObject({ authorization: 'Bearer bearer-of-this-request', 'upload-offset': '0', 'content-type': 'image/jpeg' })
  const offer = JSON.parse(Buffer.from(get!.headers['page-offer']!, 'base64url').toString()) as Record<string, unknown>
  expect(offer).toMatchObject({ slot: 'id_card', side: 'front', request: 'c1', mime: 'image/jpeg' })
})

test('a camera that is pulled takes only the picture away, and comes back by its label into the running call', async ({ page }) => {
  await page.addInitScript(() => {
    const media = navigator.mediaDevices
    const get = media.getUserMedia.bind(media)
    const list = media.enumerateDevices.bind(media)
    const tracks: MediaStreamTrack[] = []
    let pulled = false
    let asked = 0
    const shown = async () => (await list()).filter((d) => !(pulled && d.label === 'fake_device_0'))
    media.enumerateDevices = shown
    media.getUserMedia = async (want) => {
      const id = typeof want?.video === 'object' ? (want.video.deviceId as { exact?: string } | undefined)?.exact : undefined
      if (want?.video && pulled && !(await shown()).some((d) => d.kind === 'videoinput' && d.deviceId === id)) throw new DOMException('', 'NotFoundError')
      asked++
      const stream = await get(want)
      tracks.push(...stream.getVideoTracks().filter((t) => t.label === 'fake_device_0'))
      return stream
    }
    Object.assign(window, {
      pull() {
        pulled = true
        for (const track of tracks.splice(0)) {
          track.stop()
          track.dispatchEvent(new Event('ended'))
        }
        media.dispatchEvent(new Event('devicechange'))
      },
      plug() {
        pulled = false
        media.dispatchEvent(new Event('devicechange'))
      },
      askedFor: () => asked,
    })
  })
  const server = await open(page, { name: '', state: state({ state: 'call', ticket: waiting, agent }), as: 'call' })
  const own = page.locator('.near video')
  await expect(own).toHaveJSProperty('videoWidth', 640)
  await page.evaluate(() => (window as unknown as { pull(): void }).pull())
  await expect(page.locator('.near .plate')).toHaveText('没有画面')
  await expect.poll(() => server.sent('station.report').at(-1)?.body).toMatchObject({ faults: expect.arrayContaining(['camera_missing']) as unknown })
  await expect(page.getByText('话筒没有接好')).toHaveCount(0)
  await page.evaluate(() => (window as unknown as { plug(): void }).plug())
  await expect(page.locator('.near .plate')).toHaveText('您的画面', { timeout: 10_000 })
  await expect.poll(() => server.sent('station.report').at(-1)?.body).toMatchObject({ faults: [] })
  await expect.poll(() => own.evaluate((v: HTMLVideoElement) => (v.srcObject as MediaStream).getTracks().map((t) => `${t.kind} ${t.readyState}`).sort())).toEqual(['audio live', 'video live'])
})

test('the self-check is reported part by part', async ({ page }) => {
  const server = await open(page, shown[0]!)
  await expect.poll(() => (server.sent('station.report').at(-1)?.body as { checks?: { part: string }[] }).checks?.map((c) => c.part)).toEqual(['camera', 'document', 'microphone', 'speaker', 'network', 'clock'])
  const checks = (server.sent('station.report').at(-1)?.body as { checks: { part: string; level: string }[] }).checks
  expect(checks.find((c) => c.part === 'camera')?.level).toBe('green')
  expect(checks.find((c) => c.part === 'network')?.level).toBe('green')
})

test('nobody is asked to leave while he waits or talks; the book rings and goes back', async ({ page }) => {
  await page.clock.install()
  const server = new Server(page)
  await server.start(state({ state: 'waiting', ticket: waiting }))
  const at = page.getByTestId('kiosk-state')
  for (const next of [state({ state: 'waiting', ticket: waiting }), state({ state: 'call', ticket: waiting, agent })]) {
    server.push(next)
    await expect(at).toHaveAttribute('data-state', next.state)
    await page.clock.runFor(120_000) // the ring would come after 60 s, the end after 90
    await expect(at).toHaveAttribute('data-state', next.state)
  }
  server.push(state())
  await page.clock.runFor(1_000)
  await expect(at).toHaveAttribute('data-state', 'idle')
  await page.locator('.book').click()
  await page.locator('.item').first().click()
  await page.clock.runFor(61_000)
  await expect(at).toHaveAttribute('data-state', 'reset')
  await page.clock.runFor(8_000)
  await expect(at).toHaveAttribute('data-state', 'reset')
  await page.getByText('我还在').click()
  await expect(page.locator('.asking')).toBeVisible()
  await page.clock.runFor(40_000)
  await expect(at).toHaveAttribute('data-state', 'idle')
  await page.clock.runFor(51_000)
  await expect(page.locator('.asking')).toHaveCount(0)
  await expect(at).toHaveAttribute('data-state', 'idle')
})

test('a dialog takes the focus and gives it back', async ({ page }) => {
  await open(page, named('waiting'))
  const leave = page.locator('.foot button').first()
  await leave.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByText('继续等')).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(leave).toBeFocused()
})

test('after the reset nothing of the resident is left, even without the server', async ({ page }) => {
  await page.clock.install()
  allow(outage)
  const secret = { number: 'A777', case: 'PJ-260101-777', name: '张建明', phone: '13812345678', note: '请带户口簿来' }
  const urls: string[] = []
  page.on('request', (r) => urls.push(r.url()))
  await page.addInitScript(() => {
    const made: string[] = []
    const gone = new Set<string>()
    const make = URL.createObjectURL.bind(URL)
    const revoke = URL.revokeObjectURL.bind(URL)
    URL.createObjectURL = (o: Blob | MediaSource) => {
      const url = make(o)
      made.push(url)
      return url
    }
    URL.revokeObjectURL = (url: string) => {
      gone.add(url)
      revoke(url)
    }
    Object.assign(window, { blobsLeft: () => made.filter((url) => !gone.has(url)) })
  })
  const server = new Server(page)
  const mine = { ...waiting, number: secret.number }
  await server.start(state({ state: 'call', ticket: mine, agent: { name: secret.name, seat: '' }, message: `${secret.note} ${secret.phone}`, capture, pages: [] }))
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'capture')
  await page.getByTestId('kiosk-capture-confirm').click()
  await expect(page.locator('[data-testid="kiosk-page"] img')).toBeVisible()
  await page.evaluate(() => {
    localStorage.setItem('left', 'over')
    sessionStorage.setItem('left', 'over')
    const opening = indexedDB.open('left-over')
    opening.onsuccess = () => opening.result.close()
  })
  server.push(state({ state: 'summary', summary: { ...summary, number: secret.number, case: secret.case, agent: secret.name } }))
  await expect(page.getByText(secret.case)).toBeVisible()
  await server.cut()
  await page.clock.runFor(95_000)
  const left = () => page.evaluate(async (words) => {
    const html = document.documentElement.outerHTML + document.title
    return {
      words: words.filter((w) => html.includes(w)),
      storage: [localStorage.length, sessionStorage.length],
      databases: (await indexedDB.databases()).map((d) => d.name).filter((n) => n !== 'remotewindow'),
      caches: await caches.keys(),
      videos: [...document.querySelectorAll('video')].filter((v) => v.srcObject !== null).length,
      blobs: (window as unknown as { blobsLeft(): string[] }).blobsLeft(),
      history: [history.length, history.state] as unknown[],
    }
  }, Object.values(secret))
  await expect.poll(left).toEqual({ words: [], storage: [0, 0], databases: [], caches: [], videos: 0, blobs: [], history: [expect.any(Number), null] as unknown[] })
  for (const way of ['goBack', 'goForward'] as const) {
    await page[way]()
    const html = await page.content()
    expect(Object.values(secret).filter((word) => html.includes(word)), way).toEqual([])
  }
  expect(urls.filter((url) => Object.values(secret).some((word) => decodeURIComponent(url).includes(word)))).toEqual([])
})

test('recorded sentences follow the screen, stop in a call, and speak the language of the page', async ({ page }) => {
  await page.addInitScript(() => {
    const said: string[] = []
    Object.assign(window, { said })
    HTMLAudioElement.prototype.play = function () {
      said.push(new URL(this.src).pathname)
      return Promise.resolve()
    }
  })
  const files = { waiting: 'waiting.mp3', who: 'who.mp3', 'capture.hint.glare': 'glare.mp3', 'summary.accepted': 'done.mp3' }
  await page.route('**/clips/*/*.mp3', (r) => r.fulfill({ contentType: 'audio/mpeg', body: '' }))
  await page.route('**/clips/index.json', (r) => r.fulfill({ json: { zh: files, en: files } }))
  const server = new Server(page, { clips: true })
  await server.start(state())
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'idle')
  const said = () => page.evaluate(() => (window as unknown as { said: string[] }).said)
  server.push(state({ state: 'waiting', ticket }))
  await expect.poll(said).toEqual(['/clips/zh/who.mp3'])
  await page.locator('.tools button').last().click()
  await expect.poll(said).toEqual(['/clips/zh/who.mp3', '/clips/en/who.mp3'])
  server.push(state({ state: 'call', ticket: waiting, agent }))
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'call')
  server.push(state({ state: 'call', ticket: waiting, agent, capture: { ...capture, hint: 'glare' } }))
  await expect.poll(said).toEqual(['/clips/zh/who.mp3', '/clips/en/who.mp3', '/clips/en/glare.mp3'])
})
