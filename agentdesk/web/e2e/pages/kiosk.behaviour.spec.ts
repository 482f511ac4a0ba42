import { allow, expect, outage, test } from '../guard'
import type { StationState } from '../../src/lib/protocol.gen'
import { agent, pass, Server, state, summary, ticket } from './kiosk.fixture'
import { callback, morning, point, capture, named, open, shown, turns, waiting } from './kiosk.states'

// What touches do, what stays over a loss of the network, and what is left when a resident has gone.

test('the press takes a ticket with the notice, once', async ({ page }) => {
  const server = await open(page, shown[0]!)
  await page.getByTestId('kiosk-call').click()
  await expect.poll(() => server.sent('ticket.take').length).toBe(1)
  expect(server.sent('ticket.take')[0]?.body).toEqual({ consent_text: '2026-11', lang: 'zh' })
})

test('who, theme and matter are revised while waiting and the call wins over the question', async ({ page }) => {
  await page.setViewportSize(turns[0].size)
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
  await pass(page, 61_000)
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'reset')
  await page.getByText('我还在').click()
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'summary')
  await pass(page, 91_000)
  await expect.poll(() => server.sent('station.reset').length).toBe(1)
  server.push(state())
  // Under the stopped clock a self-check may not have ended: what is off does not matter here.
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', /^(idle|fault)$/)
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.body.textContent?.includes('PJ-261122-012')])).toEqual([0, 0, false])
})

test('nobody is asked to leave while he waits or talks; the book rings and goes back', async ({ page }) => {
  await page.clock.install()
  const server = new Server(page)
  await server.start(state({ state: 'waiting', ticket: waiting }))
  const at = page.getByTestId('kiosk-state')
  for (const next of [state({ state: 'waiting', ticket: waiting }), state({ state: 'call', ticket: waiting, agent })]) {
    server.push(next)
    await expect(at).toHaveAttribute('data-state', next.state)
    await pass(page, 120_000) // the ring would come after 60 s, the end after 90
    await expect(at).toHaveAttribute('data-state', next.state)
  }
  server.push(state())
  await page.clock.runFor(1_000)
  await expect(at).toHaveAttribute('data-state', 'idle')
  await page.locator('.book').click()
  await page.locator('.item').first().click()
  await pass(page, 61_000)
  await expect(at).toHaveAttribute('data-state', 'reset')
  await pass(page, 8_000)
  await expect(at).toHaveAttribute('data-state', 'reset')
  await page.getByText('我还在').click()
  await expect(page.locator('.asking')).toBeVisible()
  await pass(page, 40_000)
  await expect(at).toHaveAttribute('data-state', 'idle')
  await pass(page, 51_000)
  await expect(page.locator('.asking')).toHaveCount(0)
  await expect(at).toHaveAttribute('data-state', 'idle')
})

test('a part that is pulled and put back while somebody reads what to bring is looked at then, and he reads on', async ({ page }) => {
  await page.addInitScript(() => {
    const media = navigator.mediaDevices
    const get = media.getUserMedia.bind(media)
    const list = media.enumerateDevices.bind(media)
    let pulled = false
    media.enumerateDevices = async () => (await list()).filter((d) => !(pulled && d.kind === 'videoinput'))
    media.getUserMedia = (want) => (pulled && want?.video ? Promise.reject(new DOMException('', 'NotFoundError')) : get(want))
    Object.assign(window, {
      plugged(on: boolean) {
        pulled = !on
        media.dispatchEvent(new Event('devicechange'))
      },
    })
  })
  const plugged = (on: boolean) => page.evaluate((to) => (window as unknown as { plugged(on: boolean): void }).plugged(to), on)
  const server = await open(page, shown[0]!)
  const levels = () => (server.sent('station.report').at(-1)?.body as { checks?: { part: string; level: string }[] } | undefined)?.checks?.find((c) => c.part === 'camera')?.level
  await expect.poll(levels).toBe('green')
  await page.locator('.book').click()
  await page.locator('.item').first().click()
  for (const [on, level, as] of [[false, 'red', 'fault'], [true, 'green', 'idle']] as const) {
    await plugged(on)
    await expect.poll(levels, { timeout: 20_000 }).toBe(level)
    await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', as)
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('您要办哪件事？')
  }
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
  await pass(page, 95_000)
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

test('closed: one press is a call-back, its number stands there, and it is cancelled after one question', async ({ page }) => {
  const closed: Partial<StationState> = { state: 'closed', open: false, next_open_ms: morning, lack: 'closed', ways: ['callback', 'point'], point }
  const server = await open(page, { name: '', state: state({ ...closed }), as: 'closed' })
  await expect(page.locator('.point')).toContainText('派出所东侧')
  await expect(page.getByTestId('kiosk-materials')).toHaveCount(0)
  await expect(page.getByTestId('kiosk-callback')).toContainText('明天上午 8:30 开门后，在这里先找您')
  await page.getByTestId('kiosk-callback').click()
  await expect.poll(() => server.sent('callback.take').map((m) => m.body)).toEqual([{ consent_text: '2026-11', lang: 'zh', due_ms: 0 }])
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('记下了，到时请坐到这里接')
  server.push(state({ ...closed, scheduled: [callback] }))
  await expect(page.getByTestId('kiosk-scheduled')).toContainText('已登记回电 A013明天上午 8:30 起')
  await page.getByRole('button', { name: '取消 A013 号' }).click()
  await page.getByRole('button', { name: '留着' }).click()
  expect(server.sent('booking.cancel')).toEqual([])
  await page.getByRole('button', { name: '取消 A013 号' }).click()
  await page.getByRole('button', { name: '取消这个号' }).click()
  await expect.poll(() => server.sent('booking.cancel').map((m) => m.body)).toEqual([{ ticket: 'c013' }])
  server.push(state({ ...closed }))
  await expect(page.getByTestId('kiosk-scheduled')).toHaveCount(0)
})

test('a full queue names no press that would be refused; the number of one who waits may become a call-back', async ({ page }) => {
  const server = await open(page, named('full'))
  await expect(page.getByTestId('kiosk-call')).toHaveCount(0)
  await page.getByTestId('kiosk-materials').click()
  await expect.poll(() => server.sent('materials.leave').length).toBe(1)
  server.push(state({ state: 'waiting', ticket: { ...ticket, who: 'self' }, ways: ['wait', 'callback'] }))
  await page.getByTestId('kiosk-callback').click()
  expect(server.sent('callback.take')).toEqual([])
  await page.getByRole('alertdialog').getByRole('button', { name: '换成回电' }).click()
  await expect.poll(() => server.sent('callback.take').length).toBe(1)
})

test('the wait moves with each state and is hidden when nobody knows it', async ({ page }) => {
  const at = (low: number, high: number) => state({ state: 'waiting', ticket: { ...ticket, who: 'self', wait_low_ms: low, wait_high_ms: high } })
  const server = await open(page, { name: '', state: at(300_000, 600_000), as: 'waiting' })
  await expect(page.locator('.facts')).toContainText('5–10分钟')
  server.push(at(120_000, 240_000))
  await expect(page.locator('.facts')).toContainText('2–4分钟')
  server.push(at(0, 0))
  await expect(page.locator('.facts')).not.toContainText('分钟')
  await expect(page.getByTestId('kiosk-position')).toHaveText('2位')
})

test('a held call shows a sign and nobody, and goes on', async ({ page }) => {
  const server = await open(page, named('hold'))
  await expect(page.getByTestId('kiosk-hold')).toContainText('工作人员请您稍等')
  await expect(page.getByTestId('kiosk-hold')).toContainText(/已暂停 \d+:\d\d/)
  await expect(page.locator('.near video')).toHaveCount(0)
  await expect(page.getByTestId('kiosk-remote-video')).toBeHidden()
  server.push({ ...named('third').state, version: state().version })
  await expect(page.getByTestId('kiosk-hold')).toHaveCount(0)
  await expect(page.locator('.near video')).toBeVisible()
  await expect(page.getByTestId('kiosk-third')).toContainText('李科长')
})

