import { readFileSync } from 'node:fs'
import type { Page, WebSocketRoute } from '@playwright/test'
import { allow, outage } from '../guard'
import type { Code, Message, PageView, StationState } from '../../src/lib/protocol.gen'

// A server of the kiosk's messages inside the test: states are pushed by hand, commands are kept for the test to read.

export const now = Date.now()

export function state(more: Partial<StationState> = {}): StationState {
  return {
    version: ++version, state: 'idle', now_ms: Date.now(), station: { id: 's07', name: '云桥村党群服务站', grid: 'south', specialist: '' },
    open: true, hours: '8:30–16:30', next_open_ms: 0, agents_free: 2, agents_on: 4, since_ms: Date.now(), gate_open: false, agent_lost: false,
    pages: [], message: '', ...more,
  }
}
let version = 0

export const ticket = { id: 't1', number: 'A012', ahead: 2, since_ms: now, wait_low_ms: 180_000, wait_high_ms: 290_000, who: '', theme: '', matter: '', enqueued: true } as const
export const agent = { name: '王老师', seat: '受理中心 · 3 号座席' }
export const page: PageView = { id: '0'.repeat(32), slot: 'id_card', side: 'front', sha256: 'a'.repeat(64), bytes: 1, mime: 'image/jpeg', width: 1, height: 1, sharp: 1, at_ms: now, verdict: '' }
export const summary = { number: 'A012', case: 'PJ-261122-012', matter: 'm1', disposition: 'accepted', next_step: 'relay', agent: '王老师', pages: 2, talk_ms: 402_000, ended: 'hang_up' } as const

const slot = (id: string, title: string, note: string, sides: string[]) => ({ id, title, title_en: title, note, note_en: note, sides })
export const catalogue = {
  edition: 'fixture',
  themes: ['老有颐养', '弱有众扶', '住有宜居', '幼有善育', '劳有厚得', '病有良医', '村务办事'].map((title, i) => ({ id: `t${i}`, title, title_en: `Theme ${i}` })),
  matters: ['申请长护险评估', '老年综合津贴', '敬老卡换领', '居家养老服务', '高龄补贴', '助餐点登记', '适老化改造', '养老顾问咨询'].map((title, i) => ({
    id: `m${i}`, theme: 't0', family: 'elder', title, title_en: `Matter ${i}`, verified: i === 0,
    slots: [slot('id_card', '身份证', '', ['front', 'back']), slot('social_card', '社保卡', '拍有名字的一面', ['front']), slot('form', '申请表', '没有也行，现场帮您填', ['page']), ...(i === 2 ? [slot('household', '户口簿', '首页和本人页', ['page']), slot('photo', '一寸照片', '最近拍的一张', ['page']), slot('bank_card', '银行卡', '', ['front', 'back'])] : [])],
  })),
}

export class Server {
  readonly commands: Message[] = []
  private socket: WebSocketRoute | undefined
  private current = state()
  /** false: the server accepts no socket. */
  up = true
  /** Answers of the station's own routes: enrol, challenge, socket, rotate, pages. Later than the last: the last again. */
  readonly asked: { path: string; method: string; body: Record<string, unknown>; headers: Record<string, string> }[] = []
  answers: Record<string, { status?: number; json?: unknown }> = {}
  /** Codes that commands are refused with; '' leaves one without an answer. */
  refuse: Partial<Record<Message['type'], Code | ''>> = {}

  constructor(private readonly page: Page, private readonly info: Record<string, unknown> = {}) {}

  async start(first: StationState, address = '/kiosk.html?station=s07'): Promise<void> {
    this.current = first
    const page = this.page
    await page.route('**/api/info', (r) => r.fulfill({ json: { build: 'test', demo: true, centre: 'pj', title: '', consent_text: '2026-11', zone: 'Asia/Shanghai', now_ms: Date.now(), ...this.info } }))
    await page.route('**/api/catalogue', (r) => r.fulfill({ json: catalogue }))
    await page.route('**/api/station/**', (r) => {
      if (!this.up) return r.abort()
      const request = r.request()
      const path = new URL(request.url()).pathname.replace('/api/station/', '')
      let body: Record<string, unknown> = {}
      try {
        body = request.postDataJSON() as Record<string, unknown>
      } catch {
        // a page's bytes
      }
      this.asked.push({ path, method: request.method(), body, headers: request.headers() })
      const answer = this.answers[path.startsWith('pages/') ? `${request.method()} pages` : path]
      if (answer !== undefined) return r.fulfill(answer)
      if (path === 'challenge') return r.fulfill({ json: { nonce: 'nonce' } })
      return r.fulfill({ json: { ticket: 'x', station: 's07', name: '云桥村党群服务站', rotate: false } })
    })
    await page.routeWebSocket(/\/ws$/, (ws) => {
      this.socket = ws
      ws.onMessage((data) => this.answer(JSON.parse(String(data)) as Message))
    })
    await page.goto(address)
  }

  push(next: StationState): void {
    this.current = next
    this.write({ type: 'station.state', body: next })
  }

  async cut(): Promise<void> {
    allow(outage)
    this.up = false
    await this.socket?.close()
  }

  bye(code: Code): void {
    this.write({ type: 'bye', body: { code } })
  }

  sent(type: Message['type']): Message[] {
    return this.commands.filter((m) => m.type === type)
  }

  private write(message: Message): void {
    this.socket?.send(JSON.stringify(message))
  }

  private answer(message: Message): void {
    switch (message.type) {
      case 'hello':
        this.write({ type: 'welcome', re: message.id, body: { protocol: 1, build: 'test', role: 'station', id: 's07', name: '云桥村', centre: 'pj', now_ms: Date.now(), ping_ms: 5000, dead_ms: 12000, demo: true } })
        this.push(this.current)
        return
      case 'ping':
        this.write({ type: 'pong', body: { at_ms: message.body.at_ms, now_ms: Date.now() } })
        return
      default:
        this.commands.push(message)
        if (this.refuse[message.type] === '') return
        if (this.refuse[message.type] !== undefined) return this.write({ type: 'error', re: message.id, body: { code: this.refuse[message.type] as Code } })
        this.write({ type: 'ok', re: message.id, body: {} })
    }
  }
}

/**
 * Time passes on a stopped clock, a few seconds at once: between them the page hears the
 * server's answers, or it would take the quiet for a broken line.
 */
export async function pass(page: Page, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 4_000) {
    await page.clock.runFor(Math.min(left, 4_000))
    await page.evaluate(() => undefined) // behind what the page has sent and was answered
  }
}

export const axeSource = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
