// A covered lens: the self-check sees it before any resident does, the board
// shows it, only the picture is off, and all is green again after the repair.
import { type Browser, expect, type Page, test } from '../guard'
import { agentBrowser, colour, deskState, documentCamera, kioskState, launch, openBoard, openDesk, portrait, press, ready, received, stationBrowser } from './people'
import { Server } from './server'

const server = new Server()
let station: Browser, agent: Browser, supervisor: Browser

test.beforeAll(async () => {
  await server.start()
  ;[station, agent, supervisor] = await Promise.all([stationBrowser(), agentBrowser(), launch()])
})
test.afterAll(async () => {
  await Promise.all([station?.close(), agent?.close(), supervisor?.close()])
  await server.stop()
})

/** A cap on the lens: frames come, and all of them are black. */
function capLens(): void {
  Object.assign(window, { testCapped: true })
  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  navigator.mediaDevices.getUserMedia = async (want) => {
    const stream = await get(want)
    for (const track of stream.getVideoTracks()) {
      // The page turns tracks on and off by itself; the cap stays.
      const enabled = Object.getOwnPropertyDescriptor(MediaStreamTrack.prototype, 'enabled')!
      const capped = () => (window as unknown as { testCapped: boolean }).testCapped
      enabled.set!.call(track, !capped())
      Object.defineProperty(track, 'enabled', { get: () => enabled.get!.call(track), set: (on: boolean) => enabled.set!.call(track, on && !capped()) })
    }
    return stream
  }
}

/** Puts the cap on or takes it off, and plugs the camera anew. */
const cap = (kiosk: Page, on: boolean) =>
  kiosk.evaluate((capped) => {
    Object.assign(window, { testCapped: capped })
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'))
  }, on)

/** Each part with its level, as the board's detail of a station shows it. */
async function levels(board: Page): Promise<Record<string, string>> {
  const rows = board.getByTestId('board-station-detail').locator('tbody tr')
  return Object.fromEntries(await rows.evaluateAll((all) => all.map((r) => [(r as HTMLElement).dataset.part!, (r as HTMLElement).dataset.level!])))
}

test('a black camera is red on the board, the voice goes through, and the repair makes it green', async () => {
  test.setTimeout(180_000)
  const board = await openBoard(supervisor, server)
  const context = await station.newContext({ viewport: portrait, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', permissions: ['camera', 'microphone'] })
  const kiosk = await context.newPage()
  await kiosk.addInitScript(documentCamera)
  await kiosk.addInitScript(capLens)
  await kiosk.goto(`${server.url}/kiosk?station=s07`)

  // The kiosk says what is off and what can be done instead; the one button stays.
  await kioskState(kiosk, 'fault', 40_000)
  await expect(kiosk.locator('.trouble')).toContainText('摄像头没有画面')
  await expect(kiosk.locator('.trouble')).toContainText('先说话')
  await expect(kiosk.getByTestId('kiosk-call')).toBeEnabled()

  const cell = board.getByTestId('board-station-s07').locator('.cell')
  await expect(cell).toHaveAttribute('data-level', 'red', { timeout: 30_000 })
  await cell.click()
  await expect.poll(() => levels(board), { timeout: 30_000 }).toMatchObject({ camera: 'red', document: 'green', microphone: 'green', speaker: 'green' })
  await board.keyboard.press('Escape')

  // Who presses nevertheless is served by voice.
  const desk = await openDesk(agent, server, 'agent7')
  await ready(desk)
  await press(kiosk)
  await deskState(desk, 'offer')
  await expect(desk.getByTestId('desk-offer').getByTestId('station-checks').locator('[data-part=camera]')).toHaveAttribute('data-level', 'red')
  await desk.getByTestId('desk-accept').click()
  await kioskState(kiosk, 'call')
  const before = await received(desk)
  await expect(async () => expect((await received(desk)).energy).toBeGreaterThan(before.energy + 0.0001)).toPass({ timeout: 30_000 })
  const seen = await colour(desk, 'desk-remote-video')
  expect(seen.r, 'nothing but black arrives').toBeLessThan(60)
  await desk.getByTestId('desk-hangup').click()
  await desk.getByTestId('desk-hangup').click()
  await deskState(desk, 'wrapup')
  await kiosk.locator('.acts.one .btn.primary').click()
  await kioskState(kiosk, 'fault')

  // The specialist takes the cap off and plugs the camera again.
  await cap(kiosk, false)
  await kioskState(kiosk, 'idle', 40_000)
  await expect(kiosk.locator('.trouble')).toHaveCount(0)
  // How the network answers is the machine's matter, not the story's.
  await cell.click()
  await expect.poll(() => levels(board), { timeout: 30_000 }).toMatchObject({ camera: 'green', document: 'green', microphone: 'green' })

  // A change just after a check is looked at too, not in a quarter of an hour.
  await cap(kiosk, true)
  await kioskState(kiosk, 'fault', 40_000)
  await cap(kiosk, false)
  await kioskState(kiosk, 'idle', 40_000)
})
