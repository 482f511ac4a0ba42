/** The desk in each state over a server of paper: what it shows, what it sends, and no axe violation. */
import { createHash } from 'node:crypto'
import { allow, answered, expect, test, type Page } from '../guard'
import * as desk from '../fixtures/desk'
import { paperServer, type PaperServer } from '../fixtures/server'
import { overflow, textSize, textSizes, violations } from '../fixtures/axe'

/** No violation and nothing cut off, at three text sizes; the page as a whole never scrolls. */
async function holds(page: Page, name: string): Promise<void> {
  for (const size of textSizes) {
    await textSize(page, size)
    await shot(page, size === 100 ? name : `${name}-${size}`)
    expect(await violations(page), `${name} at ${size} %`).toEqual([])
    expect(await overflow(page), `${name} at ${size} %`).toEqual({ x: 0, y: 0 })
  }
  await textSize(page, 100)
}

async function open(page: Page, first?: () => unknown, signedIn = true, refuse = ''): Promise<PaperServer> {
  const server = await paperServer(page, {
    face: 'desk', user: desk.user, signedIn, info: desk.info, catalogue: desk.catalogue, pages: desk.pages, refuse,
    first: first && (() => ({ type: 'desk.state', body: first() })),
  })
  await page.goto('/desk.html')
  return server
}

const state = (page: Page) => page.getByTestId('desk-state')
const shot = (page: Page, name: string) => (process.env.REMOTEWINDOW_SHOTS ? page.screenshot({ path: `${process.env.REMOTEWINDOW_SHOTS}/desk-${name}.png` }) : undefined)

for (const [width, height] of [[1920, 1080], [1366, 768]] as const) {
  for (const theme of ['light', 'dark'] as const) {
    test.describe(`${width} ${theme}`, () => {
      test.use({ viewport: { width, height }, colorScheme: theme })
      const tag = `${width}-${theme}`

      test('log-in', async ({ page }) => {
        await open(page, desk.ready, false)
        await expect(state(page)).toHaveAttribute('data-state', 'offline')
        await page.getByTestId('desk-user').fill('agent3')
        await page.getByTestId('desk-password').fill('wrong')
        await page.getByTestId('desk-login').click()
        await expect(page.getByRole('alert')).toContainText('密码')
        await holds(page, `login-${tag}`)
        await page.getByTestId('desk-password').fill('demo')
        await page.getByTestId('desk-login').click()
        await expect(state(page)).toHaveAttribute('data-state', 'ready')
      })

      test('ready', async ({ page }) => {
        const server = await open(page, desk.ready)
        await expect(page.getByRole('heading', { name: '等待来电' })).toBeVisible()
        await expect(page.getByText('《就医记录册》补发')).toBeVisible()
        await holds(page, `ready-${tag}`)
        await page.getByRole('button', { name: '小休' }).click()
        await expect.poll(() => server.sent.find((m) => m.type === 'agent.set')?.body).toEqual({ presence: 'away', reason: 'break' })
      })

      test('offer', async ({ page }) => {
        const server = await open(page, desk.offer)
        await expect(page.getByTestId('desk-offer')).toBeVisible()
        await expect(state(page)).toHaveAttribute('data-state', 'offer')
        await expect.poll(() => server.sent.some((m) => m.type === 'offer.shown')).toBe(true)
        await holds(page, `offer-${tag}`)
        await page.keyboard.press('Control+Enter')
        await expect.poll(() => server.sent.find((m) => m.type === 'offer.accept')?.body).toEqual({ ticket: 't12', epoch: 1048577 })
      })

      test('call', async ({ page }) => {
        const server = await open(page, desk.call)
        await expect(page.getByTestId('desk-page')).toBeVisible()
        await page.getByRole('button', { name: /身份证/ }).first().click()
        const hash = await page.getByTestId('desk-page').getAttribute('data-sha256')
        const id = await page.getByTestId('desk-page').getAttribute('data-page')
        expect(hash).toBe(createHash('sha256').update(desk.pages[id ?? ''] ?? '').digest('hex'))
        await holds(page, `call-${tag}`)
        await page.locator('.canvas').focus()
        await page.keyboard.press('r')
        await page.keyboard.press('+')
        await page.keyboard.press('1')
        await expect.poll(() => server.sent.find((m) => m.type === 'slot.judge')?.body).toMatchObject({ slot: 'id_card', verdict: 'passed' })
        await page.getByTestId('desk-hangup').click()
        expect(server.sent.some((m) => m.type === 'call.hang_up')).toBe(false)
        await page.getByTestId('desk-hangup').click()
        await expect.poll(() => server.sent.some((m) => m.type === 'call.hang_up')).toBe(true)
      })

      test('wrap-up', async ({ page }) => {
        const server = await open(page, desk.wrapup)
        await expect(page.getByTestId('desk-finish')).toBeDisabled()
        await page.keyboard.press('2')
        await page.getByTestId('desk-disposition').locator('input[value=accepted]').check()
        await page.getByTestId('desk-note').fill('老人听力不好，请助办员打电话时慢一点。')
        await holds(page, `wrapup-${tag}`)
        await page.keyboard.press('Control+Enter')
        // Not every paper passed: asked once, and only the second answer sends.
        await expect(page.getByTestId('desk-finish-ask')).toBeVisible()
        await expect(page.getByTestId('desk-finish-back')).toBeFocused()
        await holds(page, `wrapup-ask-${tag}`)
        await page.getByTestId('desk-finish-back').click()
        await expect(page.getByTestId('desk-finish-ask')).toBeHidden()
        expect(server.sent.some((m) => m.type === 'call.finish')).toBe(false)
        await page.keyboard.press('Control+Enter')
        await page.getByTestId('desk-finish-anyway').click()
        await expect.poll(() => server.sent.find((m) => m.type === 'call.finish')?.body).toMatchObject({ disposition: 'accepted', next_step: 'close', ticket: 't12' })
      })
    })
  }
}

test.describe('stories', () => {
  test.use({ viewport: { width: 1920, height: 1080 } })

  test('decline asks for the reason', async ({ page }) => {
    const server = await open(page, desk.offer)
    await page.getByTestId('desk-decline').click()
    await page.locator('[data-reason=not_mine]').click()
    await expect.poll(() => server.sent.find((m) => m.type === 'offer.decline')?.body).toEqual({ ticket: 't12', epoch: 1048577, reason: 'not_mine' })
  })

  test('asks for the next missing side', async ({ page }) => {
    const server = await open(page, () => desk.call({ capture: undefined }))
    await expect(page.getByTestId('desk-page')).toBeVisible()
    await page.getByTestId('desk-capture').click()
    await expect.poll(() => server.sent.find((m) => m.type === 'capture.ask')?.body).toEqual({ slot: 'id_card', side: 'back' })
  })

  test('a page that was not kept is told, until the next page', async ({ page }) => {
    const asked = { id: 'c1', slot: 'id_card', title: '身份证', side: 'back' as const }
    const server = await open(page, () => desk.call({ capture: { ...asked, shooting: true } }))
    await expect(page.getByTestId('desk-page')).toBeVisible()
    await expect(page.getByTestId('desk-unkept')).toHaveCount(0)
    server.push('desk.state', { ...desk.call({ capture: { ...asked, shooting: false } }), version: 2 })
    await expect(page.getByTestId('desk-unkept')).toContainText('没有存下来')
    await shot(page, 'unkept')
    expect(await violations(page)).toEqual([])
    await page.getByTestId('desk-unkept').getByRole('button').click()
    await expect.poll(() => server.sent.find((m) => m.type === 'capture.ask')?.body).toEqual({ slot: 'id_card', side: 'back' })
    const next = desk.call({ capture: undefined })
    const front = next.call?.pages.find((p) => p.slot === 'id_card')
    if (front) next.call?.pages.push({ ...front, id: 'd'.repeat(32), side: 'back' })
    server.push('desk.state', { ...next, version: 3 })
    await expect(page.getByTestId('desk-unkept')).toHaveCount(0)
  })

  test('a queue that is away is told on the ready page', async ({ page }) => {
    await open(page, () => desk.ready({ state: 'away', reason: 'break' }))
    await expect(state(page)).toHaveAttribute('data-state', 'away')
    // A later route of the same address comes first: the desk opens its next socket here.
    await page.routeWebSocket('**/ws', (ws) => {
      ws.onMessage((data) => {
        const m = JSON.parse(String(data)) as { type: string; id: string; body: Record<string, unknown> }
        const send = (type: string, body: unknown, re = m.id) => ws.send(JSON.stringify({ type, body, re }))
        if (m.type === 'hello') {
          send('welcome', { protocol: 1, build: '', role: 'agent', id: desk.user.id, name: desk.user.name, centre: 'pj', now_ms: Date.now(), ping_ms: 5000, dead_ms: 60000, demo: true })
          ws.send(JSON.stringify({ type: 'desk.state', body: desk.ready({ state: 'away', reason: 'break' }) }))
        } else if (m.type === 'ping') send('pong', { at_ms: m.body.at_ms, now_ms: Date.now() }, '')
        else send('error', { code: 'queue_away' })
      })
    })
    await page.reload()
    await page.getByTestId('desk-ready').click()
    await expect(page.getByTestId('desk-queue-late')).toHaveText('排队系统正在恢复，来电会晚一点。')
    await shot(page, 'queue-late')
    expect(await violations(page)).toEqual([])
  })

  test('words of the call keys stay on one line on a small screen', async ({ page }) => {
    await page.setViewportSize({ width: 1366, height: 768 })
    await open(page, desk.call)
    const key = page.getByTestId('desk-hangup')
    await key.click()
    await expect(key).toHaveText('再点一次结束')
    expect(await key.evaluate((b) => [b.scrollWidth <= b.clientWidth, (b.querySelector('span')?.getBoundingClientRect().height ?? 99) < 30])).toEqual([true, true])
    await page.getByText('PJ-260312-012').scrollIntoViewIfNeeded()
    await expect(page.getByText('PJ-260312-012')).toBeInViewport()
  })

  test('a village that is cut off shows no quality', async ({ page }) => {
    await open(page, () => {
      const s = desk.call({ station_lost: true })
      s.call?.course.push({ at_ms: Date.now() - 10_000, kind: 'station_lost' })
      return s
    })
    await expect(page.locator('.qual')).toHaveText('断线')
    await expect(page.locator('.tag.mid')).toContainText(/还等 \d+ 秒/)
    await shot(page, 'station-lost')
    expect(await violations(page)).toEqual([])
  })

  test('a resident without camera and microphone', async ({ page }) => {
    await open(page, () => desk.call({ faults: ['camera_missing', 'mic_missing'], media_late: true, gate_open: false, connected_ms: 0 }))
    await expect(page.getByTestId('desk-no-picture')).toContainText('居民那边没有画面')
    await expect(page.getByTestId('desk-no-picture')).toContainText('也没有声音')
    await expect(page.getByTestId('desk-media-late')).toBeVisible()
    await shot(page, 'no-picture')
    expect(await violations(page)).toEqual([])
  })

  test('a finish that is not saved says so after a while', async ({ page }) => {
    const server = await open(page, desk.wrapup)
    await expect(page.getByTestId('desk-finish')).toBeDisabled()
    await server.down()
    await page.keyboard.press('2')
    await expect(page.locator('input[value=follow]')).toBeChecked()
    await page.getByTestId('desk-finish').click()
    await expect(page.getByTestId('desk-unsaved')).toBeVisible({ timeout: 15_000 })
    await shot(page, 'unsaved')
    expect(await violations(page)).toEqual([])
  })

  test('wrap-up of a lost call, without an end', async ({ page }) => {
    await open(page, () => {
      const s = desk.wrapup()
      if (s.call) Object.assign(s.call, { ended: 'lost', wrapup_ends_ms: 0 })
      return s
    })
    await expect(page.locator('input[value=disconnected]')).toBeChecked()
    await expect(page.locator('input[value=follow]')).toBeChecked()
    await expect(page.getByText('剩 0 秒')).toHaveCount(0)
  })

  test('before ready, 就绪 is the main act; signed out, the devices are still allowed', async ({ page }) => {
    await open(page, () => desk.ready({ state: 'offline' }))
    await expect(page.getByTestId('desk-ready')).toHaveClass(/main/)
    await shot(page, 'offline')
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: '退出登录' }).click()
    await expect(page.getByTestId('desk-login')).toBeVisible()
    await expect(page.getByText('居民会这样看到您')).toBeVisible()
  })

  test('a supervisor is shown the way to the board', async ({ page }) => {
    await open(page, desk.ready, false)
    allow(answered(403, '/api/login'))
    await page.route('**/api/login', (route) => route.fulfill({ status: 403, contentType: 'application/json', body: JSON.stringify({ code: 'forbidden' }) }))
    await page.getByTestId('desk-user').fill('supervisor')
    await page.getByTestId('desk-password').fill('demo')
    await page.getByTestId('desk-login').click()
    await expect(page.getByRole('alert')).toContainText('/board')
  })

  test('a lost socket keeps the call and comes back', async ({ page }) => {
    const server = await open(page, desk.call)
    await expect(page.getByTestId('desk-hangup')).toBeVisible()
    await server.down()
    await expect(state(page)).toHaveAttribute('data-state', 'lost')
    await expect(page.getByRole('alert').first()).toContainText('通话还在')
    await shot(page, 'lost')
    await expect(page.getByTestId('desk-hangup')).toBeVisible()
    server.up()
    await expect(state(page)).toHaveAttribute('data-state', 'call', { timeout: 15_000 })
  })

  test('a call whose media is late says so above the call keys', async ({ page }) => {
    await open(page, () => desk.call({ connected_ms: 0, gate_open: false, media_late: true, capture: undefined }))
    const late = page.getByTestId('desk-media-late')
    await expect(late).toHaveText('对方画面还没有来，可以结束后重新呼叫。')
    const [words, key] = [await late.boundingBox(), await page.getByTestId('desk-hangup').boundingBox()]
    expect((words?.y ?? 0) + (words?.height ?? 0)).toBeLessThanOrEqual(key?.y ?? 0)
    await shot(page, 'late')
    expect(await violations(page)).toEqual([])
  })

  test('another desk is open', async ({ page }) => {
    await open(page, desk.ready, true, 'elsewhere')
    await expect(page.getByRole('heading', { name: '您的座席已在别处打开' })).toBeVisible()
    await shot(page, 'elsewhere')
    await page.getByTestId('desk-takeover').click()
    await expect(state(page)).toHaveAttribute('data-state', 'ready')
  })

  test('paused after a ring-out, and back', async ({ page }) => {
    const server = await open(page, () => desk.ready({ state: 'rona' }))
    await expect(state(page)).toHaveAttribute('data-state', 'rona')
    await shot(page, 'rona')
    await page.getByTestId('desk-ready').click()
    await expect.poll(() => server.sent.find((m) => m.type === 'agent.set')?.body).toEqual({ presence: 'available', reason: '' })
  })

  test('a page with other bytes is not shown', async ({ page }) => {
    await open(page, () => {
      const s = desk.call()
      for (const p of s.call?.pages ?? []) p.sha256 = '0'.repeat(64)
      return s
    })
    await expect(page.getByRole('alert').first()).toContainText('不能用')
    await expect(page.getByTestId('desk-page')).toHaveCount(0)
  })
})

test.describe('a ring that is noticed', () => {
  test.use({ viewport: { width: 1366, height: 768 } })

  /** Counts tones and notifications, and makes the page look hidden. */
  async function listen(page: Page, permission: NotificationPermission): Promise<void> {
    await page.addInitScript((allowed) => {
      const seen = { tones: 0, notes: [] as { title: string; options: NotificationOptions; closed: boolean; click: () => void }[], asked: 0, focused: 0 }
      Object.assign(globalThis, { seen })
      const start = OscillatorNode.prototype.start
      OscillatorNode.prototype.start = function (when?: number) {
        seen.tones++
        start.call(this, when)
      }
      class Note {
        static permission = allowed
        static async requestPermission() {
          seen.asked++
          return (Note.permission = 'granted')
        }
        onclick = () => undefined
        private entry
        constructor(title: string, options: NotificationOptions) {
          this.entry = { title, options, closed: false, click: () => this.onclick() }
          seen.notes.push(this.entry)
        }
        close() {
          this.entry.closed = true
        }
      }
      Object.assign(globalThis, { Notification: Note })
      window.focus = () => void seen.focused++
      document.hasFocus = () => false
    }, permission)
  }
  interface Seen { tones: number; notes: { title: string; options: NotificationOptions; closed: boolean }[]; asked: number; focused: number }
  const seen = (page: Page) => page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen)
  const icon = (page: Page) => page.locator('link[rel="icon"]').getAttribute('href')

  test('signed in by a press it sounds, shows in the title, the icon and a notification, and stops when taken', async ({ page }) => {
    await listen(page, 'granted')
    const server = await open(page, desk.ready, false)
    await page.getByTestId('desk-user').fill('agent3')
    await page.getByTestId('desk-password').fill('demo')
    await page.getByTestId('desk-login').click()
    await expect(state(page)).toHaveAttribute('data-state', 'ready')
    await expect(page.getByTestId('desk-silent')).toHaveCount(0)
    const before = (await seen(page)).tones
    server.push('desk.state', { ...desk.offer(), version: 2 })
    await expect(page.getByTestId('desk-offer')).toBeVisible()
    await expect.poll(() => page.title()).toBe('来电 · 云桥村')
    await expect.poll(() => page.title()).toContain('振铃中')
    await expect.poll(async () => (await seen(page)).tones - before).toBeGreaterThan(8) // all of the ring, not one at a time
    expect(await icon(page)).toContain('mark-call')
    const note = (await seen(page)).notes[0]
    expect(note).toMatchObject({ title: '来电 · 云桥村', options: { tag: 'remotewindow-offer', requireInteraction: true }, closed: false })
    await page.evaluate(() => (globalThis as unknown as { seen: { notes: { click(): void }[] } }).seen.notes[0]?.click())
    expect((await seen(page)).focused).toBe(1)
    server.push('desk.state', { ...desk.call(), version: 3 })
    await expect(page.getByTestId('desk-hangup')).toBeVisible()
    expect((await seen(page)).notes[0]?.closed).toBe(true)
    expect(await icon(page)).toContain('mark.svg')
    await expect.poll(() => page.title()).not.toContain('来电')
  })

  test('notifications are asked for on the ready page, with the reason, once', async ({ page }) => {
    await listen(page, 'default')
    await open(page, desk.ready)
    const ask = page.getByTestId('desk-ask-notices')
    await expect(ask).toContainText('来电也会弹出来')
    expect((await seen(page)).asked).toBe(0)
    await holds(page, 'ask-notices')
    await ask.getByRole('button', { name: '允许通知' }).click()
    await expect(ask).toHaveCount(0)
    expect((await seen(page)).asked).toBe(1)
  })

  test('a reload without a press: the page says that it is silent, and a press mends it', async ({ page }) => {
    await page.addInitScript(() => {
      const gate = { allowed: false }
      Object.assign(globalThis, { gate })
      const state = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, 'state')
      Object.defineProperty(AudioContext.prototype, 'state', { get() { return gate.allowed ? state?.get?.call(this) : 'suspended' } })
    })
    const server = await open(page, desk.ready)
    await expect(page.getByTestId('desk-silent')).toContainText('还不让响铃')
    await holds(page, 'silent')
    server.push('desk.state', { ...desk.offer(), version: 2 })
    await expect(page.getByTestId('desk-offer-silent')).toContainText('请看屏幕')
    expect(await violations(page)).toEqual([])
    await page.evaluate(() => {
      (globalThis as unknown as { gate: { allowed: boolean } }).gate.allowed = true
    })
    await page.getByRole('heading', { name: /云桥村/ }).click()
    await expect(page.getByTestId('desk-offer-silent')).toHaveCount(0)
  })
})

test.describe('what does not work', () => {
  test.use({ viewport: { width: 1366, height: 768 } })

  test('ready does not lie while the queue is away', async ({ page }) => {
    const server = await open(page, () => desk.ready({ queue_away_ms: 74_000 }))
    await expect(page.getByRole('heading', { name: '暂时派不了来电' })).toBeVisible()
    await expect(page.locator('header')).toContainText('派不了来电')
    await expect(page.locator('header')).toContainText(/停在 1:1\d 前/)
    await holds(page, 'queue-away')
    server.push('desk.state', { ...desk.ready(), version: 2 })
    await expect(page.getByRole('heading', { name: '等待来电' })).toBeVisible()
  })

  test('equipment of the village: at the offer and in the call, what is fine stays quiet', async ({ page }) => {
    const own = () => desk.offer().stations.map((s) => (s.id === 's07' ? { ...s, checks: desk.checks() } : s))
    const server = await open(page, () => ({ ...desk.offer(), stations: own() }))
    const at = page.getByTestId('desk-offer').getByTestId('station-checks')
    await expect(at.locator('li')).toHaveText(['喇叭：没有找到', '高拍仪：宽 1600 像素'])
    await holds(page, 'offer-checks')
    server.push('desk.state', { ...desk.call(), stations: own(), version: 2 })
    await expect(page.locator('.video-col').getByTestId('station-checks').locator('li')).toHaveCount(2)
    await holds(page, 'call-checks')
  })

  test('a picture that was not taken says why and what to do', async ({ page }) => {
    const asked = { id: 'c1', slot: 'id_card', title: '身份证', side: 'back' as const, shooting: false }
    const server = await open(page, () => desk.call({ capture: asked }))
    await expect(page.getByTestId('desk-page')).toBeVisible()
    const next = desk.call({ capture: asked })
    next.call?.course.push({ at_ms: Date.now(), kind: 'page_failed', detail: 'disk_full' })
    server.push('desk.state', { ...next, version: 2 })
    await expect(page.getByTestId('desk-unkept')).toContainText('磁盘满了')
    await holds(page, 'page-failed')
  })
})

test.describe('English', () => {
  test.use({ viewport: { width: 1366, height: 768 } })
  for (const [name, first] of [['ready', desk.ready], ['offer', desk.offer], ['call', desk.call], ['wrapup', desk.wrapup]] as const) {
    test(name, async ({ page }) => {
      await page.emulateMedia({ colorScheme: 'dark' })
      const server = await open(page, desk.ready)
      await page.getByRole('button', { name: 'English' }).click()
      server.push('desk.state', { ...first(), version: 9 })
      await expect(state(page)).toHaveAttribute('data-state', name)
      if (name === 'call') await expect(page.getByTestId('desk-page')).toBeVisible()
      await holds(page, `${name}-en`)
    })
  }
})
