// One press at a station reaches a person at the centre, and the matter is
// written down: the whole path, in three browsers, on the built binary.
import { type Browser, expect, test } from '../guard'
import { accessible, fitForOldHands, shoot } from './looks'
import { agentBrowser, deskState, kioskState, launch, mediaRises, openBoard, openDesk, openKiosk, press, ready, received, sealed, seeEachOther, shownHash, stationBrowser, watchSockets } from './people'
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

test('a resident is seen, heard, served and written down', async () => {
  test.setTimeout(180_000)
  const kiosk = await openKiosk(station, server, 's07')
  const kioskSent = watchSockets(kiosk)
  await kiosk.reload() // so that the socket is one the test sees from its start
  await kioskState(kiosk, 'idle')
  const desk = await openDesk(agent, server, 'agent7')
  const board = await openBoard(supervisor, server)
  await shoot(kiosk, 'kiosk-idle')
  await fitForOldHands(kiosk, 'idle')
  await accessible(kiosk, 'kiosk idle')
  await expect(board.getByTestId('board-station-s07')).toHaveAttribute('data-state', 'idle')

  // Nobody is ready: the resident waits, connected, with the gate shut.
  await press(kiosk)
  await kioskState(kiosk, 'waiting')
  await expect(kiosk.getByTestId('kiosk-position')).toBeVisible()
  await expect(board.getByTestId('board-waiting')).toContainText('1')
  await expect(board.getByTestId('board-station-s07')).toHaveAttribute('data-state', 'waiting')
  await expect(async () => expect((await received(kiosk)).connected).toBe(true)).toPass({ timeout: 20_000 })
  await shoot(kiosk, 'kiosk-waiting')
  await fitForOldHands(kiosk, 'waiting')
  await accessible(kiosk, 'kiosk waiting')
  await shoot(board, 'board')
  await accessible(board, 'board')

  // The bound agent comes ready: his desk rings.
  await ready(desk)
  await deskState(desk, 'offer')
  await kioskState(kiosk, 'ringing')
  await shoot(desk, 'desk-offer')
  await accessible(desk, 'desk offer')

  // Both are connected and nothing passes the gate.
  await expect(async () => {
    expect((await received(kiosk)).connected).toBe(true)
    expect((await received(desk)).connected).toBe(true)
    expect(await server.metric('remotewindow_sfu_gate_dropped_total')).toBeGreaterThan(100)
  }).toPass({ timeout: 15_000 })
  expect((await received(kiosk)).packets).toBe(0)
  expect((await received(desk)).packets).toBe(0)

  await desk.getByTestId('desk-accept').click()
  await deskState(desk, 'call')
  await kioskState(kiosk, 'call')
  await expect(async () => {
    expect((await received(kiosk)).packets).toBeGreaterThan(0)
    expect((await received(desk)).packets).toBeGreaterThan(0)
  }).toPass({ timeout: 15_000 })
  await seeEachOther(kiosk, desk)
  await mediaRises(kiosk, desk)
  for (const page of [kiosk, desk]) {
    const { srtp, dtls, version } = await sealed(page)
    console.log(`sealed with ${srtp}, agreed on by ${dtls}, version ${version}`)
    expect(srtp).toBe('SRTP_AEAD_AES_128_GCM') // both sides know 256 too; the SFU picks what costs less
    expect(dtls).toMatch(/^TLS_(ECDHE_\w+_WITH_)?(AES_\d+_GCM|CHACHA20_POLY1305)_/)
    expect(['FEFD', 'FEFC'], 'DTLS 1.2 or 1.3').toContain(version)
  }
  await expect(board.getByTestId('board-station-s07')).toHaveAttribute('data-state', 'call')
  await expect(board.getByTestId('board-waiting')).toContainText('0')
  await expect(board.getByTestId('board-calls')).toContainText('1')
  await shoot(kiosk, 'kiosk-call')
  await fitForOldHands(kiosk, 'call')
  await accessible(kiosk, 'kiosk call')
  await shoot(desk, 'desk-call')
  await accessible(desk, 'desk call')
  await shoot(board, 'board-call')

  // A page, asked for by the agent, shot by the resident.
  await desk.getByTestId('desk-capture').first().click()
  await kioskState(kiosk, 'capture')
  await shoot(kiosk, 'kiosk-capture')
  await fitForOldHands(kiosk, 'capture')
  await kiosk.getByTestId('kiosk-capture-confirm').click()
  await expect(desk.getByTestId('desk-page').first()).toHaveAttribute('data-sha256', /^[0-9a-f]{64}$/, { timeout: 30_000 })
  await expect(kiosk.getByTestId('kiosk-page').first()).toHaveAttribute('data-sha256', /^[0-9a-f]{64}$/)
  const shot = await shownHash(kiosk, 'kiosk-page')
  const shown = await shownHash(desk, 'desk-page')
  expect(shown).toMatch(/^[0-9a-f]{64}$/)
  expect(shown).toBe(shot)
  expect(shown).toBe(await desk.getByTestId('desk-page').first().getAttribute('data-sha256'))
  await shoot(desk, 'desk-page')

  // The end: summary at the station, wrap-up at the desk, the records at the next look.
  await desk.getByTestId('desk-hangup').click()
  await desk.getByTestId('desk-hangup').click()
  await deskState(desk, 'wrapup')
  await kioskState(kiosk, 'summary')
  await shoot(desk, 'desk-wrapup')
  await desk.getByTestId('desk-disposition').locator('input[value=pending]').check({ force: true })
  await desk.locator('textarea').first().fill('材料还要补一份。')
  await desk.getByTestId('desk-finish').click()
  await deskState(desk, 'ready')
  await shoot(desk, 'desk-ready')
  await accessible(desk, 'desk ready')
  await shoot(kiosk, 'kiosk-summary')
  await fitForOldHands(kiosk, 'summary')
  await expect(board.getByTestId('board-calls')).toContainText('0')
  await expect(desk.locator('body')).toContainText('已预审待补')

  const media = kioskSent.filter((m) => m.type === 'media.offer')
  expect(media, 'one offer of the station over the whole call').toHaveLength(1)
  for (const page of [kiosk, desk]) {
    const counted = await page.evaluate(() => (globalThis as unknown as { __rw: { offers: number; answers: number } }).__rw)
    expect(counted, 'one offer and one answer a participant').toMatchObject({ offers: 1, answers: 1 })
  }
})
