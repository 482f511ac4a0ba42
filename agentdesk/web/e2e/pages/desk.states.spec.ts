/** Every special state of the desk, named, in each theme and text size; the main ones stand in desk.spec. */
import type { CallView, DeskState, OfferView } from '../../src/lib/protocol.gen'
import { allow, answered, expect, test, type Page } from '../guard'
import * as desk from '../fixtures/desk'
import type { PaperServer } from '../fixtures/server'
import { holds, open, paperShown, signIn, state } from './desk.fixture'

// Six cells each: a second on a quiet machine, many on a busy one.
test.describe.configure({ timeout: 120_000 })
test.use({ viewport: { width: 1366, height: 768 } })

/** Changes the call of a state in place. */
const withCall = (s: DeskState, change: (c: CallView) => void): DeskState => {
  if (s.call) change(s.call)
  return s
}
const queued = (): DeskState => ({ ...desk.offer(), state: 'ready', offer: undefined })
const own = () => desk.offer().stations.map((s) => (s.id === 's07' ? { ...s, checks: desk.checks() } : s))
const asked = { id: 'c1', slot: 'id_card', title: '身份证', side: 'back' as const, shooting: false }

const third = { agent: 'agent1', name: '徐老师', seat: '1 号座席', purpose: 'third' as const, state: 'joined' as const }
const withOffer = (change: Partial<OfferView>): DeskState => {
  const s = desk.offer()
  if (s.offer) Object.assign(s.offer, { expires_ms: Date.now() + 60_000 }, change)
  return s
}

interface Pushed {
  name: string
  push: () => DeskState
  /** what tells that the state is drawn */
  seen: (page: Page) => Promise<void>
}
const text = (words: string | RegExp) => (page: Page) => expect(page.getByText(words).first()).toBeVisible()
const at = (id: string, words: string | RegExp) => (page: Page) => expect(page.getByTestId(id)).toContainText(words)

/** States that the server pushes, one page per group: each follows the one before. */
const groups: Record<string, Pushed[]> = {
  'without a call': [
    { name: 'offline', push: () => desk.ready({ state: 'offline' }), seen: (page) => expect(page.getByTestId('desk-ready')).toHaveClass(/main/) },
    { name: 'away', push: () => desk.ready({ state: 'away', reason: 'counter' }), seen: text('窗口接待') },
    { name: 'rona', push: () => desk.ready({ state: 'rona' }), seen: (page) => expect(state(page)).toHaveAttribute('data-state', 'rona') },
    { name: 'empty', push: () => desk.ready({ today: [], stations: [], queue: [], free_seats: 0 }), seen: text('等待来电') },
    { name: 'queue', push: queued, seen: text('A014') },
    { name: 'busy', push: desk.busy, seen: text('我来审') },
    { name: 'queue-away', push: () => desk.ready({ queue_away_ms: 74_000 }), seen: text('暂时派不了来电') },
    { name: 'away-queue-away', push: () => desk.ready({ state: 'away', reason: 'lunch', queue_away_ms: 74_000 }), seen: at('desk-queue-late', '来电会晚一点') },
  ],
  'an offer': [
    {
      name: 'offer-other',
      push: () => {
        const s = desk.offer()
        if (s.offer) Object.assign(s.offer, { own: false, who: '', priority: 0, expires_ms: Date.now() + 60_000 })
        return s
      },
      seen: (page) => expect(page.getByTestId('desk-offer')).toBeVisible(),
    },
    { name: 'offer-consult', push: () => withOffer({ purpose: 'consult', owner: { name: '徐老师', seat: '1 号座席' }, own: false, why: undefined }), seen: text('想先问您一下') },
    { name: 'offer-callback', push: () => withOffer({ kind: 'callback', own: false, matters: ['ltc', 'social'] }), seen: text('到时间的回电') },
    { name: 'offer-checks', push: () => ({ ...desk.offer(), stations: own() }), seen: (page) => expect(page.getByTestId('desk-offer').getByTestId('station-checks').locator('li')).toHaveText(['喇叭：没有找到', '高拍仪：宽 1600 像素']) },
  ],
  'a call': [
    { name: 'call-held', push: () => desk.call({ held_since_ms: Date.now() - 42_000, hold_total_ms: 30_000 }), seen: at('desk-held', '已暂停通话') },
    { name: 'call-ringing-third', push: () => desk.call({ third: { ...third, state: 'offered' } }), seen: at('desk-third', '正在振铃') },
    { name: 'call-third', push: () => desk.call({ third: { ...third, purpose: 'consult' } }), seen: at('desk-third', '结束咨询') },
    { name: 'call-guest', push: () => desk.call({ purpose: 'third', owner: { name: '徐老师', seat: '1 号座席' }, why: undefined }), seen: at('desk-third', '您是徐老师请来的第三方') },
    { name: 'call-late', push: () => desk.call({ connected_ms: 0, gate_open: false, media_late: true, capture: undefined }), seen: at('desk-media-late', '对方画面还没有来') },
    {
      name: 'call-no-picture', push: () => desk.call({ faults: ['camera_missing', 'mic_missing'], media_late: true, gate_open: false, connected_ms: 0 }),
      seen: async (page) => {
        await at('desk-no-picture', '居民那边没有画面')(page)
        await at('desk-no-picture', '也没有声音')(page)
      },
    },
    {
      name: 'call-station-lost', push: () => withCall(desk.call({ station_lost: true }), (c) => c.course.push({ at_ms: Date.now() - 10_000, kind: 'station_lost' })),
      seen: async (page) => {
        await expect(page.locator('.qual')).toHaveText('断线')
        await expect(page.locator('.tag.mid')).toContainText(/还等 \d+ 秒/)
      },
    },
    { name: 'call-help', push: () => desk.call({ help: true, capture: undefined }), seen: (page) => expect(page.locator('p.help')).toBeVisible() },
    { name: 'call-checks', push: () => ({ ...desk.call(), stations: own() }), seen: (page) => expect(page.locator('.video-col').getByTestId('station-checks').locator('li')).toHaveCount(2) },
    { name: 'call-shooting', push: () => desk.call({ capture: { ...asked, shooting: true } }), seen: text(/正在/) },
    { name: 'call-unkept', push: () => desk.call({ capture: asked }), seen: at('desk-unkept', '没有存下来') },
    { name: 'call-page-failed', push: () => withCall(desk.call({ capture: asked }), (c) => c.course.push({ at_ms: Date.now(), kind: 'page_failed', detail: 'disk_full' })), seen: at('desk-unkept', '磁盘满了') },
    {
      name: 'call-judged', push: () => withCall(desk.call({ capture: undefined }), (c) => c.pages.forEach((p) => Object.assign(p, { verdict: 'retake', reason: 'glare' }))),
      seen: (page) => expect(page.locator('.judge .chip')).toBeVisible(),
    },
    { name: 'call-empty', push: () => withCall(desk.call({ capture: undefined, matter: '', theme: '', slots: [], pages: [] }), (c) => (c.ticket = 't99')), seen: text('还没有材料') },
  ],
  'the notes': [
    {
      name: 'wrapup-lost', push: () => withCall(desk.wrapup(), (c) => Object.assign(c, { ended: 'lost', wrapup_ends_ms: 0 })),
      seen: async (page) => {
        await expect(page.locator('input[value=disconnected]')).toBeChecked()
        await expect(page.locator('input[value=follow]')).toBeChecked()
        await expect(page.getByText('剩 0 秒')).toHaveCount(0)
      },
    },
    { name: 'wrapup-over', push: () => withCall(desk.wrapup(), (c) => (c.wrapup_ends_ms = Date.now() - 1000)), seen: text('写完请点完成') },
    { name: 'wrapup-no-papers', push: () => withCall(desk.wrapup(), (c) => Object.assign(c, { ticket: 't99', slots: [], pages: [], matter: '' })), seen: text('这次没有拍材料') },
  ],
}

for (const [group, states] of Object.entries(groups)) {
  test(`${group}, as the server pushes it`, async ({ page }) => {
    test.setTimeout(30_000 * states.length)
    const [first, ...others] = states as [Pushed, ...Pushed[]]
    const server = await open(page, first.push)
    let version = 1
    await first.seen(page)
    await holds(page, first.name)
    for (const s of others) {
      server.push('desk.state', { ...s.push(), version: ++version })
      await s.seen(page)
      await holds(page, s.name)
    }
  })
}

/** Lets getUserMedia fail for these kinds, as without a device or without leave. */
const without = (page: Page, kinds: string[], name: string) =>
  page.addInitScript(([off, error]) => {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = (c) => (off.some((k) => c?.[k as 'video' | 'audio']) ? Promise.reject(new DOMException('', error)) : real(c))
  }, [kinds, name] as const)

/** Signs in and is answered so; status 0: not at all. */
const refused = (status: number, body: unknown) => async (page: Page) => {
  allow(answered(status, '/api/login'), /Failed to load resource/)
  await page.route('**/api/login', (route) => (status ? route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) }) : route.abort()))
  await signIn(page)
}

interface Reached {
  name: string
  first?: () => unknown
  signedOut?: boolean
  refuse?: string
  before?: (page: Page) => Promise<unknown>
  /** what leads to the state once the page is open */
  then?: (page: Page, server: PaperServer) => Promise<unknown>
  seen: (page: Page) => Promise<void>
}

/** States that something else than a push leads to, a page each. */
const reached: Reached[] = [
  { name: 'opening', seen: (page) => expect(page.locator('main [role=status]')).toBeVisible() },
  { name: 'login', signedOut: true, seen: text('居民会这样看到您') },
  { name: 'login-rate', signedOut: true, then: refused(429, { code: 'rate', retry_ms: 240_000 }), seen: text('点得太快了') },
  { name: 'login-forbidden', signedOut: true, then: refused(403, { code: 'forbidden' }), seen: (page) => expect(page.getByRole('alert')).toContainText('/board') },
  { name: 'login-network', signedOut: true, then: refused(0, {}), seen: text('连不上服务器') },
  { name: 'login-denied', signedOut: true, before: (page) => without(page, ['video', 'audio'], 'NotAllowedError'), seen: (page) => expect(page.locator('.dev').getByRole('button', { name: '再试一次' })).toHaveCount(2) },
  { name: 'login-missing', signedOut: true, before: (page) => without(page, ['video'], 'NotFoundError'), then: (page) => page.locator('.dev .row button').first().click(), seen: (page) => expect(page.locator('.dev .no')).toBeVisible() },
  { name: 'elsewhere', first: desk.ready, refuse: 'elsewhere', seen: text('您的座席已在别处打开') },
  { name: 'replaced', first: desk.ready, then: async (page, server) => {
    await expect(state(page)).toHaveAttribute('data-state', 'ready')
    server.push('bye', { code: 'replaced' })
  }, seen: (page) => expect(page.getByTestId('desk-takeover')).toBeVisible() },
  { name: 'keys', first: desk.ready, then: async (page) => {
    await expect(state(page)).toHaveAttribute('data-state', 'ready')
    await page.keyboard.press('Control+Shift+Slash')
  }, seen: (page) => expect(page.locator('dialog.keys')).toBeVisible() },
  { name: 'queue-late', first: () => desk.ready({ state: 'away', reason: 'break' }), then: async (page, server) => {
    server.deny('agent.set', 'queue_away')
    await page.getByTestId('desk-ready').click()
  }, seen: at('desk-queue-late', '排队系统正在恢复，来电会晚一点。') },
  { name: 'ready-lost', first: desk.ready, then: async (page, server) => {
    await expect(state(page)).toHaveAttribute('data-state', 'ready')
    await server.down()
  }, seen: (page) => expect(page.locator('.bar[role=alert]')).toBeVisible() },
  { name: 'declining', first: desk.offer, then: (page) => page.getByTestId('desk-decline').click(), seen: (page) => expect(page.getByTestId('desk-decline-reason').first()).toBeVisible() },
  { name: 'call-lost', first: desk.call, then: async (page, server) => {
    await paperShown(page)
    await server.down()
  }, seen: (page) => expect(page.getByRole('alert').first()).toContainText('通话还在') },
  { name: 'call-refused', first: desk.call, then: async (page, server) => {
    server.deny('slot.judge', 'records_away')
    await paperShown(page)
    await page.locator('[data-verdict=passed]').click()
  }, seen: text('登记系统正在恢复') },
  { name: 'call-writing', first: desk.call, then: async (page) => {
    await paperShown(page)
    await page.getByRole('button', { name: /写一句/ }).click()
  }, seen: (page) => expect(page.locator('.write input')).toBeVisible() },
  { name: 'call-guide', first: desk.call, then: (page) => page.locator('#tab-guide').click(), seen: text('要带的材料') },
  { name: 'call-no-devices', before: (page) => without(page, ['video', 'audio'], 'NotFoundError'), first: desk.call, seen: (page) => expect(page.locator('.selfv.off')).toBeVisible() },
  { name: 'call-other-bytes', first: () => withCall(desk.call(), (c) => c.pages.forEach((p) => (p.sha256 = '0'.repeat(64)))), seen: async (page) => {
    await expect(page.getByRole('alert').first()).toContainText('不能用')
    await expect(page.getByTestId('desk-page')).toHaveCount(0)
  } },
  { name: 'call-page-missing', before: async () => allow(/status of 404/), first: () => withCall(desk.call(), (c) => c.pages.forEach((p, i) => (p.id = String(i).repeat(32)))), seen: text('没有收到') },
  { name: 'call-zoomed', first: desk.call, then: async (page) => {
    await paperShown(page)
    await page.locator('.canvas').focus()
    for (const key of ['+', '+', '+', 'r']) await page.keyboard.press(key)
  }, seen: paperShown },
  { name: 'offer-why', first: () => withOffer({ expires_ms: Date.now() + 110_000 }), then: (page) => page.getByTestId('desk-why').locator('summary').click(), seen: text('包联这个村') },
  { name: 'transfer', first: desk.call, then: async (page) => {
    await paperShown(page)
    await page.getByTestId('desk-transfer-open').click()
    await page.locator('#way-cold').check()
    await page.locator('#to-anyone').check()
  }, seen: (page) => expect(page.locator('#transfer-family')).toBeVisible() },
  { name: 'transfer-refused', first: desk.call, then: async (page, server) => {
    server.deny('call.invite', 'wrong_state', 'call')
    await paperShown(page)
    await page.getByTestId('desk-transfer-open').click()
    await page.locator('#to-agent1').check()
    await page.getByTestId('desk-transfer-go').click()
  }, seen: text('这位座席正在通话') },
  { name: 'queue-why', first: desk.busy, then: (page) => page.getByRole('button', { name: 'A013 为什么还没接' }).click(), seen: (page) => expect(page.getByTestId('why-history')).toContainText('拒接了') },
  { name: 'review', first: desk.busy, then: (page) => page.getByTestId('desk-review-finish').click(), seen: (page) => expect(page.getByTestId('desk-review')).toBeVisible() },
  { name: 'booking', first: desk.wrapup, then: (page) => page.getByTestId('desk-book').click(), seen: (page) => expect(page.getByTestId('desk-booking')).toBeVisible() },
  { name: 'unsaved', first: desk.wrapup, then: async (page, server) => {
    await expect(page.getByTestId('desk-finish')).toBeDisabled()
    await server.down()
    await page.keyboard.press('2')
    await page.getByTestId('desk-finish').click()
  }, seen: (page) => expect(page.getByTestId('desk-unsaved')).toBeVisible({ timeout: 15_000 }) },
]

for (const s of reached) {
  test(`${s.name} holds`, async ({ page }) => {
    await s.before?.(page)
    const server = await open(page, s.first, !s.signedOut, s.refuse ?? '')
    await s.then?.(page, server)
    await s.seen(page)
    await holds(page, s.name)
  })
}
