import { expect, type Page } from '../guard'
import type { StationState } from '../../src/lib/protocol.gen'
import { agent, page as pageView, Server, state, summary, ticket } from './kiosk.fixture'

// Every state that the kiosk draws, by name, and how a page gets there.

export const capture = { id: 'c1', slot: 'id_card', title: '身份证', side: 'front', shooting: false } as const

export interface Shown { name: string; state: StationState; as: string; before?: (page: Page) => Promise<unknown>; after?: (page: Page, server: Server) => Promise<void> }
const third = { name: '李科长', seat: '9 号座席' }
export const waiting = { ...ticket, who: 'self' } as const
const hour = 3_600_000
/** 8:30 of tomorrow in Shanghai */
export const morning = (Math.floor((Date.now() + 8 * hour) / (24 * hour)) + 1) * 24 * hour + hour / 2
export const point = { name: '江川路 24 小时政务服务点', address: '江川路 120 号，派出所东侧', hours: '全天开放' }
export const callback = { ticket: 'c013', number: 'A013', kind: 'callback', due_ms: morning } as const
const night = { state: 'closed', open: false, next_open_ms: morning, lack: 'closed', ways: ['callback', 'materials', 'point'], point, scheduled: [callback, { ...callback, ticket: 'c014', number: 'A014' }] } as const satisfies Partial<StationState>
export const shown: Shown[] = [
  { name: 'idle', state: state(), as: 'idle' },
  { name: 'idle-busy', state: state({ agents_free: 0 }), as: 'idle' },
  { name: 'idle-nobody', state: state({ agents_free: 0, agents_on: 0, hours: '' }), as: 'idle' },
  { name: 'closed', state: state({ state: 'closed', open: false, next_open_ms: Date.now() + 14 * 3_600_000 }), as: 'closed' },
  { name: 'closed-ways', state: state({ ...night, scheduled: undefined }), as: 'closed' },
  { name: 'closed-scheduled', state: state(night), as: 'closed' },
  { name: 'cancel', state: state(night), as: 'closed', after: async (page) => page.getByRole('button', { name: '取消 A013 号' }).click() },
  { name: 'full', state: state({ agents_free: 0, lack: 'full', ways: ['callback', 'materials', 'point'], point }), as: 'idle' },
  { name: 'nobody', state: state({ agents_free: 0, agents_on: 0, lack: 'nobody', ways: ['wait', 'callback', 'materials', 'point'], point, scheduled: [callback] }), as: 'idle' },
  { name: 'idle-scheduled', state: state({ scheduled: [callback] }), as: 'idle' },
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
  { name: 'materials-many', state: state({ state: 'waiting', ticket: { ...ticket, id: 't6' } }), as: 'waiting', after: async (page) => {
    await page.locator('.choice').first().click()
    await page.locator('.item').first().click()
    await page.locator('.item').nth(2).click()
  } },
  { name: 'waiting', state: state({ state: 'waiting', ticket: waiting, message: '请先把身份证和社保卡拿在手上。' }), as: 'waiting' },
  { name: 'waiting-next', state: state({ state: 'waiting', ticket: { ...waiting, ahead: 0, wait_low_ms: 0, wait_high_ms: 50_000 } }), as: 'waiting' },
  { name: 'waiting-late', state: state({ state: 'waiting', ticket: { ...waiting, place_late: true } }), as: 'waiting' },
  { name: 'parked', state: state({ state: 'waiting', ticket: { ...waiting, ahead: 0, enqueued: false } }), as: 'waiting' },
  { name: 'leave', state: state({ state: 'waiting', ticket: waiting }), as: 'waiting', after: async (page) => page.locator('.foot button').first().click() },
  { name: 'waiting-callback', state: state({ state: 'waiting', ticket: waiting, ways: ['wait', 'callback'] }), as: 'waiting' },
  { name: 'waiting-unsure', state: state({ state: 'waiting', ticket: { ...waiting, wait_low_ms: 0, wait_high_ms: 0 }, ways: ['wait', 'callback'] }), as: 'waiting' },
  { name: 'swap', state: state({ state: 'waiting', ticket: waiting, ways: ['wait', 'callback'] }), as: 'waiting', after: async (page) => page.getByTestId('kiosk-callback').click() },
  { name: 'ringing', state: state({ state: 'ringing', ticket: waiting, agent }), as: 'ringing' },
  { name: 'call', state: state({ state: 'call', ticket: waiting, agent, gate_open: true, message: '身份证收到了，很清楚。', pages: [pageView] }), as: 'call' },
  { name: 'third', state: state({ state: 'call', ticket: waiting, agent, third }), as: 'call' },
  { name: 'hold', state: state({ state: 'call', ticket: waiting, agent, third, held_since_ms: Date.now() - 42_000 }), as: 'call' },
  { name: 'late', state: state({ state: 'call', ticket: waiting, agent, media_late: true }), as: 'call', after: async (page) => {
    await expect(page.locator('.caption')).toBeVisible()
  } },
  { name: 'lost', state: state({ state: 'call', ticket: waiting, agent, agent_lost: true }), as: 'call' },
  { name: 'broke', state: state({ state: 'call', ticket: waiting, agent }), as: 'waiting', after: async (_page, server) => server.push(state({ state: 'waiting', ticket: waiting })) },
  { name: 'capture', state: state({ state: 'call', ticket: { ...waiting, matter: 'm0' }, agent, capture, pages: [pageView] }), as: 'capture' },
  { name: 'capture-third', state: state({ state: 'call', ticket: { ...waiting, matter: 'm0' }, agent, third, capture, pages: [pageView] }), as: 'capture' },
  { name: 'retake', state: state({ state: 'call', ticket: { ...waiting, matter: 'm0' }, agent, capture: { ...capture, hint: 'glare' }, pages: [{ ...pageView, verdict: 'retake', reason: 'glare' }] }), as: 'capture' },
  { name: 'shot', state: state({ state: 'call', ticket: { ...waiting, matter: 'm0' }, agent, capture: { ...capture, id: 'c2' } }), as: 'capture', after: async (page) => {
    await page.getByTestId('kiosk-capture-confirm').click()
    await expect(page.locator('.verdict')).toBeVisible()
  } },
  { name: 'summary-wait', state: state({ state: 'summary', summary: { ...summary, case: '', disposition: '', next_step: '' } }), as: 'summary' },
  { name: 'summary-lost', state: state({ state: 'summary', summary: { ...summary, disposition: '', next_step: '', ended: 'lost' } }), as: 'summary' },
  { name: 'summary', state: state({ state: 'summary', summary }), as: 'summary' },
]
export const named = (name: string) => shown.find((s) => s.name === name)!

export const turns = [
  { turn: 'portrait', size: { width: 1080, height: 1920 }, suffix: '' },
  { turn: 'landscape', size: { width: 1920, height: 1080 }, suffix: '-landscape' },
] as const

/** Opens the page on one state. */
export async function open(page: Page, one: Shown): Promise<Server> {
  const server = new Server(page)
  await one.before?.(page)
  await server.start(one.state)
  await reach(page, server, one)
  return server
}

export async function reach(page: Page, server: Server, one: Shown): Promise<void> {
  const at = page.getByTestId('kiosk-state')
  await expect(at).not.toHaveAttribute('data-state', 'boot')
  await one.after?.(page, server)
  await expect(at).toHaveAttribute('data-state', one.as)
}
