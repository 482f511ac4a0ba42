// A firewall lets media through but no data channel ever opens: the page travels
// over HTTP, and goes on where a cut left it.
import { request } from 'node:http'
import { allow, type Browser, expect, type Page, type Route, test } from '../guard'
import { agentBrowser, deskState, kioskState, openDesk, openKiosk, press, ready, shownHash, stationBrowser } from './people'
import { Server } from './server'

const server = new Server()
let station: Browser, agent: Browser

test.beforeAll(async () => {
  await server.start()
  ;[station, agent] = await Promise.all([stationBrowser(), agentBrowser()])
})
test.afterAll(async () => {
  await Promise.all([station?.close(), agent?.close()])
  await server.stop()
})

/** The document channel belongs to a connection that never comes up; all else is as ever. */
function noDocumentChannel(): void {
  const create = RTCPeerConnection.prototype.createDataChannel
  RTCPeerConnection.prototype.createDataChannel = function (label, options) {
    return label === 'document' ? create.call(new RTCPeerConnection(), label, options) : create.call(this, label, options)
  }
}

/** The bytes of the newest picture that the kiosk shows. */
async function newestShot(kiosk: Page): Promise<Buffer> {
  const base64 = await kiosk.evaluate(async () => {
    const blobs = [...(window as unknown as { testBlobs: Map<string, Blob> }).testBlobs.values()].filter((b) => b.type === 'image/jpeg')
    const bytes = new Uint8Array(await blobs.at(-1)!.arrayBuffer())
    let text = ''
    for (const b of bytes) text += String.fromCharCode(b)
    return btoa(text)
  })
  return Buffer.from(base64, 'base64')
}

/** Sends the head of a PUT and a part of its body, and pulls the cable. */
function cut(route: Route, headers: Record<string, string>, body: Buffer, sent: number): Promise<void> {
  const plain = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':') && name !== 'content-length'))
  return new Promise((resolve) => {
    const put = request(route.request().url(), { method: 'PUT', headers: { ...plain, 'content-length': String(body.length) } })
    put.once('error', () => undefined)
    put.write(body.subarray(0, sent), () => {
      // Written to the socket; what the server has read of it the next GET tells.
      put.destroy()
      resolve()
    })
  })
}

test('a page goes over HTTP when no document channel opens, and resumes after a cut', async () => {
  test.setTimeout(180_000)
  allow(/net::ERR_CONNECTION_RESET/)
  const desk = await openDesk(agent, server, 'agent7')
  await ready(desk)
  const kiosk = await openKiosk(station, server, 's07')
  await kiosk.addInitScript(noDocumentChannel)
  await kiosk.reload()
  await kioskState(kiosk, 'idle', 40_000)

  const offsets: number[] = []
  let size = 0
  await kiosk.route('**/api/station/pages/*', async (route) => {
    if (route.request().method() !== 'PUT') return route.continue()
    const headers = await route.request().allHeaders()
    offsets.push(Number(headers['upload-offset']))
    expect(headers.authorization, 'the token of the request, in no URL').toMatch(/^Bearer \S+$/)
    if (offsets.length > 1) return route.continue()
    const body = await newestShot(kiosk)
    size = body.length
    await cut(route, headers, body, Math.floor(size / 2))
    await route.abort('connectionreset')
  })

  await press(kiosk)
  await deskState(desk, 'offer')
  await desk.getByTestId('desk-accept').click()
  await kioskState(kiosk, 'call')
  await desk.getByTestId('desk-capture').first().click()
  await kioskState(kiosk, 'capture')
  await kiosk.getByTestId('kiosk-capture-confirm').click()
  await expect(desk.getByTestId('desk-page').first()).toHaveAttribute('data-sha256', /^[0-9a-f]{64}$/, { timeout: 60_000 })
  await expect(kiosk.getByTestId('kiosk-page').first()).toHaveAttribute('data-status', 'done')

  // Twice sent, the second time from where the first was cut.
  expect(offsets, `offsets of ${size} bytes`).toHaveLength(2)
  expect(offsets[0]).toBe(0)
  expect(offsets[1]).toBeGreaterThan(0)
  expect(offsets[1]).toBeLessThan(size)
  const shot = await shownHash(kiosk, 'kiosk-page')
  expect(shot).toMatch(/^[0-9a-f]{64}$/)
  expect(await shownHash(desk, 'desk-page')).toBe(shot)
  expect(await desk.getByTestId('desk-page').first().getAttribute('data-sha256')).toBe(shot)
})
