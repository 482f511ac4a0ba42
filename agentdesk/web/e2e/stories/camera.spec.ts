// Somebody trips over a cable in the middle of a call: one function goes, with
// words for both sides, the rest goes on, and what is put back works again
// without a touch.
import { type Browser, expect, type Page, test } from '../guard'
import { plugs, pull, putBack } from './devices'
import { agentBrowser, colour, deskState, kioskState, openDesk, portrait, press, ready, stationBrowser } from './people'
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

type Heard = { frames: number; energy: number; connections: number }

/** What the desk decoded of the resident so far. */
function decoded(page: Page): Promise<Heard> {
  return page.evaluate(async () => {
    const all = (window as unknown as { testConnections: RTCPeerConnection[] }).testConnections
    const sum = { frames: 0, energy: 0, connections: all.length }
    for (const row of (await all.at(-1)!.getStats()).values() as Iterable<Record<string, unknown>>) {
      if (row.type !== 'inbound-rtp') continue
      if (row.mid === '0') sum.energy = Number(row.totalAudioEnergy ?? 0)
      if (row.mid === '1') sum.frames = Number(row.framesDecoded ?? 0)
    }
    return sum
  })
}

async function rises(desk: Page, what: 'frames' | 'energy', by: number): Promise<void> {
  const before = await decoded(desk)
  await expect(async () => expect((await decoded(desk))[what]).toBeGreaterThan(before[what] + by)).toPass({ timeout: 30_000 })
}

/** Until three readings in a row are the same. */
async function stands(desk: Page, what: 'frames' | 'energy'): Promise<void> {
  let last = -1
  let same = 0
  await expect(async () => {
    const now = (await decoded(desk))[what]
    same = now === last ? same + 1 : 0
    last = now
    expect(same).toBeGreaterThanOrEqual(2)
  }).toPass({ timeout: 30_000, intervals: [500] })
}

test('camera, microphone and document camera are pulled and put back in a call', async () => {
  test.setTimeout(240_000)
  const desk = await openDesk(agent, server, 'agent7')
  const context = await station.newContext({ viewport: portrait, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', permissions: ['camera', 'microphone'] })
  const kiosk = await context.newPage()
  await kiosk.addInitScript(plugs)
  await kiosk.goto(`${server.url}/kiosk?station=s07`)
  await kioskState(kiosk, 'idle', 40_000)
  await ready(desk)
  await press(kiosk)
  await deskState(desk, 'offer')
  await desk.getByTestId('desk-accept').click()
  await kioskState(kiosk, 'call')
  await rises(desk, 'frames', 5)
  const { connections } = await decoded(desk)

  // The camera: no picture, said on both screens; the voice goes on.
  await pull(kiosk, 'camera')
  await expect(kiosk.locator('.near')).toContainText('没有画面')
  await expect(desk.getByTestId('desk-no-picture')).toContainText('居民那边没有画面')
  await stands(desk, 'frames')
  await rises(desk, 'energy', 0.0001)
  await putBack(kiosk, 'camera')
  await rises(desk, 'frames', 5)
  await expect(desk.getByTestId('desk-no-picture')).toHaveCount(0)
  await expect(kiosk.locator('.near')).toContainText('您的画面')
  await expect(async () => {
    const seen = await colour(desk, 'desk-remote-video')
    expect(seen.r, JSON.stringify(seen)).toBeGreaterThan(seen.g + 40)
  }).toPass({ timeout: 15_000 })

  // The microphone: no voice, said on both screens; the picture goes on.
  await pull(kiosk, 'microphone')
  await expect(kiosk.locator('.tip h1')).toContainText('话筒没有接好')
  await expect(desk.locator('.video-col')).toContainText('居民那边没有声音')
  await stands(desk, 'energy')
  await rises(desk, 'frames', 5)
  await putBack(kiosk, 'microphone')
  await rises(desk, 'energy', 0.0001)
  await expect(kiosk.locator('.tip h1')).not.toContainText('话筒没有接好')
  await expect(desk.locator('.video-col')).not.toContainText('居民那边没有声音')

  // The document camera, while a page is asked for: only the shot goes.
  await desk.getByTestId('desk-capture').first().click()
  await kioskState(kiosk, 'capture')
  await expect(kiosk.getByTestId('kiosk-capture-confirm')).toBeEnabled({ timeout: 15_000 })
  await pull(kiosk, 'document')
  await expect(kiosk.locator('.mat-view')).toContainText('拍材料的摄像头没有画面')
  await expect(kiosk.getByTestId('kiosk-capture-confirm')).toBeDisabled()
  await expect(desk.locator('body')).toContainText('那边没有高拍仪')
  await putBack(kiosk, 'document')
  await expect(kiosk.getByTestId('kiosk-capture-confirm')).toBeEnabled({ timeout: 20_000 })
  await expect(desk.locator('body')).not.toContainText('那边没有高拍仪')
  await kiosk.getByTestId('kiosk-capture-confirm').click()
  await expect(desk.getByTestId('desk-page').first()).toHaveAttribute('data-sha256', /^[0-9a-f]{64}$/, { timeout: 30_000 })

  await rises(desk, 'frames', 5)
  expect((await decoded(desk)).connections, 'on one connection from the first frame to the last').toBe(connections)
})
