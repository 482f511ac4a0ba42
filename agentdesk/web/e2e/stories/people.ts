// A resident at a station, an agent at a desk and a supervisor before the
// board, each in a browser of their own, as they are in life.
import { type Browser, chromium, expect, type Page } from '@playwright/test'
import { guarded } from '../guard'
import { agentCamera, stationCamera, voice } from './pictures'

/** Where a page finds its server. */
type Address = { url: string }

const flags = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--allow-loopback-in-peer-connection']

export type Size = { width: number; height: number }
export const portrait: Size = { width: 1080, height: 1920 }
export const landscape: Size = { width: 1920, height: 1080 }

export const chromiumFile = process.env.REMOTEWINDOW_CHROMIUM ?? '/usr/bin/chromium'

/** Chromium with a camera picture or without any camera; further flags, or another program that starts it. */
export async function launch(camera?: string, more: { executable?: string; args?: string[] } = {}): Promise<Browser> {
  const media = camera
    ? ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${camera}`, `--use-file-for-fake-audio-capture=${voice()}`]
    : []
  return guarded(await chromium.launch({ executablePath: more.executable ?? chromiumFile, args: [...flags, ...media, ...(more.args ?? [])] }))
}

export const stationBrowser = () => launch(stationCamera())
export const agentBrowser = () => launch(agentCamera())

/** Keeps every connection of the page where the test can ask it, and counts its offers. */
function watchConnections(): void {
  const seen: RTCPeerConnection[] = []
  Object.assign(window, { testConnections: seen })
  const Native = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      seen.push(this)
    }
  }
}

/** What the states of a station or a desk said, in the order they came. */
export type Seen = {
  /** when the first state of each socket came, unix ms: the page is back by then */
  backs: number[]
  /** every distinct ticket, as "id number" */
  tickets: string[]
  /** every distinct number of those who wait before the resident */
  aheads: number[]
}

function watchStates(): void {
  const seen: Seen = { backs: [], tickets: [], aheads: [] }
  Object.assign(window, { testSeen: seen })
  const note = <T>(list: T[], value: T) => {
    if (!list.includes(value)) list.push(value)
  }
  type State = { ticket?: { id: string; number: string; ahead: number; enqueued: boolean }; call?: { ticket: string; number: string } }
  const Native = window.WebSocket
  window.WebSocket = class extends Native {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      let first = true
      this.addEventListener('message', (event) => {
        const { type, body } = JSON.parse(String(event.data)) as { type: string; body: State }
        if (type !== 'station.state' && type !== 'desk.state') return
        if (first) seen.backs.push(Date.now())
        first = false
        if (body.ticket) note(seen.tickets, `${body.ticket.id} ${body.ticket.number}`)
        if (body.ticket?.enqueued) note(seen.aheads, body.ticket.ahead)
        if (body.call) note(seen.tickets, `${body.call.ticket} ${body.call.number}`)
      })
    }
  }
}

export const seen = (page: Page): Promise<Seen> => page.evaluate(() => (window as unknown as { testSeen: Seen }).testSeen)

/** Waits for the first state of one more socket than backs. @returns when it came, unix ms */
export async function backAgain(page: Page, backs: number): Promise<number> {
  const came = await page.waitForFunction((n) => (window as unknown as { testSeen: Seen }).testSeen.backs[n] ?? 0, backs, { polling: 20, timeout: 30_000 })
  return came.jsonValue()
}

/** Remembers which bytes stand behind each blob address, to hash what is really shown. */
function watchBlobs(): void {
  const blobs = new Map<string, Blob>()
  Object.assign(window, { testBlobs: blobs })
  const create = URL.createObjectURL.bind(URL)
  URL.createObjectURL = (object: Blob | MediaSource) => {
    const url = create(object)
    if (object instanceof Blob) blobs.set(url, object)
    return url
  }
}

/** The SHA-256 of the bytes that the image inside an element shows. */
export function shownHash(page: Page, testid: string): Promise<string> {
  return page
    .getByTestId(testid)
    .first()
    .evaluate(async (element) => {
      const image = (element instanceof HTMLImageElement ? element : element.querySelector('img')) as HTMLImageElement
      const blob = (window as unknown as { testBlobs: Map<string, Blob> }).testBlobs.get(image.src)
      if (!blob) return `no blob behind ${image.src}`
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()))
      return [...hash].map((b) => b.toString(16).padStart(2, '0')).join('')
    })
}

/** A picture of a page under the document camera, drawn where a second camera would be. */
export function documentCamera(): void {
  const canvas = document.createElement('canvas')
  canvas.width = 2592
  canvas.height = 1944
  const draw = canvas.getContext('2d')!
  let n = 0
  const paint = () => {
    draw.fillStyle = '#1B2430'
    draw.fillRect(0, 0, canvas.width, canvas.height)
    draw.fillStyle = '#F4F7FC'
    draw.fillRect(500, 400, 1592, 1144)
    draw.fillStyle = '#16202E'
    draw.font = '48px sans-serif'
    for (let row = 0; row < 16; row++) draw.fillText(`样张 虚构数据 ${row} 310***********1234 ABCDEFGH`, 560, 500 + row * 64)
    draw.fillRect(2560, 1912, n++ % 2 ? 32 : 16, 32)
  }
  paint()
  setInterval(paint, 200)
  Object.assign(window, { __rwDocumentStream: canvas.captureStream(5) })
}

export type Sent = { type: string; body: Record<string, unknown> }

/** The frames that a page sent over its sockets, newest last. */
export function watchSockets(page: Page): Sent[] {
  const sent: Sent[] = []
  page.on('websocket', (socket) =>
    socket.on('framesent', (frame) => {
      if (typeof frame.payload === 'string') sent.push(JSON.parse(frame.payload) as Sent)
    }),
  )
  return sent
}

/** A page in a context of its own that may use camera and microphone, its connections, states and pictures watched. */
export async function openPage(browser: Browser, url: string, size: Size, ...scripts: (() => void)[]): Promise<Page> {
  const context = await browser.newContext({ viewport: size, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', permissions: ['camera', 'microphone'] })
  const page = await context.newPage()
  for (const script of [watchConnections, watchStates, watchBlobs, ...scripts]) await page.addInitScript(script)
  await page.goto(url)
  return page
}

export async function openKiosk(browser: Browser, server: Address, station: string, size: Size = portrait): Promise<Page> {
  const page = await openPage(browser, `${server.url}/kiosk?station=${station}`, size, documentCamera)
  await kioskState(page, 'idle')
  return page
}

export async function openDesk(browser: Browser, server: Address, login: string, size: Size = landscape): Promise<Page> {
  const page = await openPage(browser, `${server.url}/desk`, size)
  await signIn(page, login)
  return page
}

export async function signIn(page: Page, login: string, password = 'demo'): Promise<void> {
  await page.getByTestId('desk-user').fill(login)
  await page.getByTestId('desk-password').fill(password)
  await page.getByTestId('desk-login').click()
}

export async function openBoard(browser: Browser, server: Address): Promise<Page> {
  const context = await browser.newContext({ viewport: landscape, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' })
  const page = await context.newPage()
  await page.goto(`${server.url}/board`)
  await page.locator('input').first().fill('supervisor')
  await page.locator('input[type=password]').fill('demo')
  await page.locator('input[type=password]').press('Enter')
  await expect(page.getByTestId('board-waiting')).toBeVisible()
  return page
}

export const kioskState = (page: Page, state: string | RegExp, timeout = 20_000) =>
  expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', state, { timeout })
export const deskState = (page: Page, state: string | RegExp, timeout = 20_000) =>
  expect(page.getByTestId('desk-state')).toHaveAttribute('data-state', state, { timeout })

export async function ready(page: Page): Promise<void> {
  await page.getByTestId('desk-ready').click()
  await deskState(page, /ready|offer/) // an offer may follow at once
}

export async function press(page: Page): Promise<void> {
  await page.getByTestId('kiosk-call').click()
  await kioskState(page, /waiting|ringing/)
}

export type Received = { packets: number; frames: number; energy: number; connected: boolean; connections: number }

/** What the page's present connection received so far; one that was replaced does not count. */
export function received(page: Page): Promise<Received> {
  return page.evaluate(async () => {
    const all = (window as unknown as { testConnections: RTCPeerConnection[] }).testConnections
    const sum = { packets: 0, frames: 0, energy: 0, connected: false, connections: all.length }
    for (const connection of all.slice(-1)) {
      if (connection.connectionState === 'connected') sum.connected = true
      for (const row of (await connection.getStats()).values() as Iterable<Record<string, unknown>>) {
        if (row.type !== 'inbound-rtp') continue
        sum.packets += Number(row.packetsReceived ?? 0)
        sum.frames += Number(row.framesDecoded ?? 0)
        sum.energy += Number(row.totalAudioEnergy ?? 0)
      }
    }
    return sum
  })
}

/** How the media of the page's present connection are sealed, as the browser tells. */
export function sealed(page: Page): Promise<{ srtp: unknown; dtls: unknown; version: unknown }> {
  return page.evaluate(async () => {
    const all = (window as unknown as { testConnections: RTCPeerConnection[] }).testConnections
    const rows = [...((await all.at(-1)?.getStats())?.values() ?? [])] as Record<string, unknown>[]
    const transport = rows.find((row) => row.type === 'transport')
    return { srtp: transport?.srtpCipher, dtls: transport?.dtlsCipher, version: transport?.tlsVersion }
  })
}

export const connected = (page: Page) => expect(async () => expect((await received(page)).connected).toBe(true)).toPass({ timeout: 30_000 })

/** The mean colour of what a video element shows. */
export function colour(page: Page, testid: string): Promise<{ r: number; g: number; b: number }> {
  return page.getByTestId(testid).evaluate((element) => {
    const video = (element instanceof HTMLVideoElement ? element : element.querySelector('video')) as HTMLVideoElement
    const canvas = document.createElement('canvas')
    canvas.width = 32
    canvas.height = 24
    const draw = canvas.getContext('2d', { willReadFrequently: true })!
    draw.drawImage(video, 0, 0, 32, 24)
    const { data } = draw.getImageData(0, 0, 32, 24)
    let r = 0
    let g = 0
    let b = 0
    for (let i = 0; i < data.length; i += 4) {
      r += data[i]!
      g += data[i + 1]!
      b += data[i + 2]!
    }
    const n = data.length / 4
    return { r: r / n, g: g / n, b: b / n }
  })
}

/** Waits until both see the other's picture: not black, not their own. */
export async function seeEachOther(kiosk: Page, desk: Page): Promise<void> {
  await expect(async () => {
    const atKiosk = await colour(kiosk, 'kiosk-remote-video')
    expect(atKiosk.g, `kiosk shows ${JSON.stringify(atKiosk)}`).toBeGreaterThan(atKiosk.r + 40)
    const atDesk = await colour(desk, 'desk-remote-video')
    expect(atDesk.r, `desk shows ${JSON.stringify(atDesk)}`).toBeGreaterThan(atDesk.g + 40)
  }).toPass({ timeout: 30_000 })
}

/** Waits until decoded frames and sound go on rising on both sides. */
export async function mediaRises(...pages: Page[]): Promise<void> {
  for (const page of pages) {
    const before = await received(page)
    await expect(async () => {
      const now = await received(page)
      expect(now.frames).toBeGreaterThan(before.frames + 5)
      expect(now.energy).toBeGreaterThan(before.energy)
    }).toPass({ timeout: 30_000 })
  }
}
