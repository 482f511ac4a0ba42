// A centre as it stands in life, without --demo: the server in one network
// namespace with an administrator and an agent, and a kiosk in the other that
// was enrolled with a one-time code.
import { readFileSync } from 'node:fs'
import { type Browser, expect, type Page } from '../guard'
import { Namespaces } from './namespaces'
import { connected, deskState, kioskState, landscape, launch, openPage, portrait, press, ready, signIn } from './people'
import { Server } from './server'

// Throw-away words for a server that lives as long as a story.
const words = { root: 'erste-Wache-4711', agent1: 'zweite-Wache-4712' }

const fakes = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream=device-count=2']

/** What the station helper starts its browser with, as far as it touches the network. */
const asHelper = readFileSync(new URL('../../../../cmd/remotewindow/browser/network.flags', import.meta.url), 'utf8').trim().split(/\s+/)

export class Centre {
  readonly net = new Namespaces()
  readonly server = new Server([], false, { host: this.net.serverIP, through: Namespaces.within(this.net.server) })
  private readonly browsers: Browser[] = []

  async start(): Promise<void> {
    this.net.start()
    await this.server.start()
    this.server.command(['user', 'add', 'root', '--role', 'admin'], `${words.root}\n`)
    this.server.command(['user', 'add', 'agent1', '--role', 'agent', '--name', '王老师', '--seat', '1 号座席'], `${words.agent1}\n`)
  }

  /** A Chromium inside a namespace; plain HTTP counts as secure there, or it would give no camera and no keys. */
  private async browser(name: string, more: string[] = []): Promise<Browser> {
    const browser = await launch(undefined, { executable: this.net.chromium(name), args: [...fakes, ...more, `--unsafely-treat-insecure-origin-as-secure=${this.server.url}`] })
    this.browsers.push(browser)
    return browser
  }

  /** The station's browser and the agent's, the station enrolled and idle. */
  async open(): Promise<{ kiosk: Page; desk: Page }> {
    const [station, agent] = await Promise.all([this.browser(this.net.client, asHelper), this.browser(this.net.server)])
    const admin = await openPage(agent, `${this.server.url}/admin`, landscape)
    const code = await admin.evaluate(issueCode, words.root)
    await admin.context().close()

    const kiosk = await openPage(station, `${this.server.url}/kiosk`, portrait)
    await kioskState(kiosk, 'enrol')
    await kiosk.getByTestId('kiosk-code').fill(code)
    await kiosk.getByTestId('kiosk-enrol').click()
    await kioskState(kiosk, 'idle', 60_000)

    const desk = await openPage(agent, `${this.server.url}/desk`, landscape)
    await signIn(desk, 'agent1', words.agent1)
    return { kiosk, desk }
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.browsers.map((b) => b.close()))
    await this.server.stop()
    this.net.stop()
  }
}

/** From the press to both sides in the call. The station is connected before anybody is ready, as one that waits is. */
export async function callUp({ kiosk, desk }: { kiosk: Page; desk: Page }): Promise<void> {
  await press(kiosk)
  await connected(kiosk)
  await ready(desk)
  await deskState(desk, 'offer', 40_000)
  await connected(desk)
  await desk.getByTestId('desk-accept').click()
  await deskState(desk, 'call')
  await kioskState(kiosk, 'call', 40_000)
}

/** In a page of the server: the administrator makes the station, opens the centre and asks for a code. */
async function issueCode(password: string): Promise<string> {
  const ask = async (method: string, path: string, body: object, seen: Record<string, string> = {}): Promise<Record<string, string>> => {
    const answer = await fetch(path, { method, headers: { 'Content-Type': 'application/json', ...seen }, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as Record<string, string>
  }
  await ask('POST', '/api/login', { face: 'admin', user: 'root', password })
  await ask('PUT', '/api/admin/stations/s01', { name: '云桥村', grid: 'north', specialist: '施专员', affinity: '', closed: false }, { 'If-None-Match': '*' })
  await ask('PUT', '/api/admin/hours', { always: true, week: [], holidays: [] }, { 'If-Match': '*' })
  return (await ask('POST', '/api/admin/stations/s01/code', {})).code!
}

/** How the page's connection runs: over which protocol, restarted how often, offered how often. */
export async function path(page: Page): Promise<{ path: string; offers: number; answers: number; restarts: number }> {
  return page.evaluate(async () => {
    const rw = (globalThis as unknown as { __rw: { offers: number; answers: number; restarts: number; stats: () => Promise<{ path: string }> } }).__rw
    return { path: (await rw.stats()).path, offers: rw.offers, answers: rw.answers, restarts: rw.restarts }
  })
}

export async function expectPath(page: Page, protocol: 'udp' | 'tcp'): Promise<void> {
  await expect(async () => expect((await path(page)).path).toBe(protocol)).toPass({ timeout: 30_000 })
}
