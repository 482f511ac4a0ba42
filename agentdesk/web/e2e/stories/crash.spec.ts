// The kiosk's page crashes, or its whole browser dies, in a call: the helper
// beside the kiosk, not the test, brings it back into the call.
import { allow, type Browser, expect, outage, type Page, test } from '../guard'
import { StationHelper } from './helper'
import { agentBrowser, deskState, kioskState, mediaRises, openDesk, press, ready, received, seen } from './people'
import { stationCamera, voice } from './pictures'
import { Server } from './server'

const server = new Server()
let agent: Browser
let helper: StationHelper

test.beforeAll(async () => {
  test.setTimeout(120_000)
  await server.start()
  agent = await agentBrowser()
  helper = new StationHelper(`${server.url}/kiosk?station=s05`, [
    '--allow-loopback-in-peer-connection', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${stationCamera()}`, `--use-file-for-fake-audio-capture=${voice()}`,
  ])
  await helper.start()
})
test.afterAll(async () => {
  await helper?.stop()
  await agent?.close()
  await server.stop()
})

/** Waits until the kiosk decodes pictures. The helper opened this page, so the page's own figures tell. */
async function seesTheAgent(kiosk: Page): Promise<void> {
  const frames = () => kiosk.evaluate(async () => (await (globalThis as unknown as { __rw: { stats: () => Promise<{ framesDecoded: number }> } }).__rw.stats()).framesDecoded)
  const before = await frames()
  await expect(async () => expect(await frames()).toBeGreaterThan(before + 5)).toPass({ timeout: 30_000 })
}

/** Waits until the desk sees the station again, whose frames had stopped. @returns ms since a moment */
async function seenAgain(desk: Page, since: number): Promise<number> {
  const { frames } = await received(desk)
  await expect(async () => expect((await received(desk)).frames).toBeGreaterThan(frames + 5)).toPass({ timeout: 60_000, intervals: [50] })
  return Date.now() - since
}

test('the helper brings a crashed page, and a killed browser, back into the call', async () => {
  test.setTimeout(300_000)
  allow(outage)
  const desk = await openDesk(agent, server, 'agent5')
  await ready(desk)
  let kiosk = await helper.page()
  await kioskState(kiosk, 'idle')
  await press(kiosk)
  await deskState(desk, 'offer')
  await desk.getByTestId('desk-accept').click()
  await deskState(desk, 'call')
  await kioskState(kiosk, 'call')
  await mediaRises(desk)

  const crashed = Date.now()
  await helper.crash(kiosk)
  await expect.poll(() => helper.told('restored'), { timeout: 30_000, intervals: [50] }).toBe(1)
  const afterCrash = await seenAgain(desk, crashed)
  expect(helper.told('crashed')).toBe(1)
  kiosk = await helper.page()
  await kioskState(kiosk, 'call', 40_000)
  await seesTheAgent(kiosk)
  await mediaRises(desk)

  const killed = Date.now()
  helper.killBrowser()
  await expect.poll(() => helper.told('started'), { timeout: 60_000, intervals: [50] }).toBe(2)
  const afterKill = await seenAgain(desk, killed)
  kiosk = await helper.page()
  await kioskState(kiosk, 'call', 40_000)
  await seesTheAgent(kiosk)
  await mediaRises(desk)

  await deskState(desk, 'call')
  expect((await seen(desk)).tickets, 'one call in every state of the desk').toHaveLength(1)
  console.log(`back after a crash of the page: ${afterCrash} ms, after kill -9 of the browser: ${afterKill} ms`)
})
