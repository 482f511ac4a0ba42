// The socket is cut again and again, each time as soon as the page is back:
// nothing is lost, the place is kept, the call goes on.
import { allow, type Browser, expect, outage, type Page, test } from '../guard'
import { backWithin } from './figures'
import { agentBrowser, backAgain, connected, deskState, kioskState, mediaRises, openDesk, openKiosk, press, ready, received, seen, stationBrowser } from './people'
import { Proxy } from './proxy'
import { Server } from './server'

const cuts = 50

let server: Server
let station: Browser, agent: Browser
let wire: Proxy, deskWire: Proxy

// Browsers slow down sockets to a host that failed often: each test has its own.
test.beforeEach(async () => {
  allow(outage)
  server = new Server()
  await server.start()
  wire = new Proxy(server)
  deskWire = new Proxy(server)
  await Promise.all([wire.start(), deskWire.start()])
  ;[station, agent] = await Promise.all([stationBrowser(), agentBrowser()])
})
test.afterEach(async () => {
  await Promise.all([station?.close(), agent?.close()])
  await Promise.all([wire.stop(), deskWire.stop()])
  await server.stop()
})

/** Cuts the wire of a page and waits until its state is there again. @returns ms that it took */
async function cut(page: Page, its: Proxy): Promise<number> {
  const { backs } = await seen(page)
  const at = its.cut()
  try {
    return (await backAgain(page, backs.length)) - at
  } catch {
    throw new Error(`not back 30 s after cut ${backs.length}: ${JSON.stringify(await seen(page))} ${(await page.locator('body').innerText()).slice(-300)}`)
  }
}

test('fifty cuts while waiting: the number and the place stay', async () => {
  test.setTimeout(300_000)
  const first = await openKiosk(station, server, 's11')
  await press(first)
  await expect(first.getByTestId('kiosk-position')).toHaveAttribute('data-ahead', '0')
  const before = await first.getByTestId('kiosk-position').getAttribute('data-number')
  const kiosk = await openKiosk(station, wire, 's01')
  // The press itself meets a cut wire: it is held and counts once.
  wire.cut()
  await press(kiosk)
  await kioskState(kiosk, 'waiting')
  const place = kiosk.getByTestId('kiosk-position')
  await expect(place).toHaveAttribute('data-ahead', '1')
  const number = await place.getAttribute('data-number')

  const back: number[] = []
  for (let n = 0; n < cuts; n++) {
    back.push(await cut(kiosk, wire))
    expect(await place.getAttribute('data-number'), `after cut ${n + 1}`).toBe(number)
    expect(await place.getAttribute('data-ahead'), `after cut ${n + 1}`).toBe('1')
  }
  await kioskState(kiosk, 'waiting')
  const all = await seen(kiosk)
  expect(all.tickets, 'one ticket in every state').toHaveLength(1)
  expect(all.aheads, 'one place in every state').toEqual([1])
  backWithin('a cut while waiting', back)

  // Both are in the queue once, in their order.
  const desk = await openDesk(agent, server, 'agent2')
  await ready(desk)
  await deskState(desk, 'offer')
  await expect(desk.getByTestId('desk-offer')).toContainText(before!)
})

test('fifty cuts while talking: the call goes on', async () => {
  test.setTimeout(300_000)
  const desk = await openDesk(agent, deskWire, 'agent1')
  const kiosk = await openKiosk(station, wire, 's02')
  await press(kiosk)
  await connected(kiosk) // as one that waits is
  await ready(desk)
  await deskState(desk, 'offer')
  await connected(desk)
  await desk.getByTestId('desk-accept').click()
  await deskState(desk, 'call')
  await kioskState(kiosk, 'call')
  await mediaRises(kiosk, desk)

  const before = await Promise.all([received(kiosk), received(desk)])
  const back: number[] = []
  const deskBack: number[] = []
  for (let n = 0; n < cuts; n++) {
    const [ofKiosk, ofDesk] = await Promise.all([cut(kiosk, wire), cut(desk, deskWire)])
    back.push(ofKiosk)
    deskBack.push(ofDesk)
  }
  await kioskState(kiosk, 'call')
  await deskState(desk, 'call')
  await mediaRises(kiosk, desk)
  for (const [i, page] of [kiosk, desk].entries()) {
    const now = await received(page)
    expect(now.connections, 'one connection over all cuts').toBe(1)
    expect(now.packets).toBeGreaterThan(before[i]!.packets)
    expect((await seen(page)).tickets, 'one ticket in every state').toHaveLength(1)
    const counted = await page.evaluate(() => (globalThis as unknown as { __rw: { offers: number; answers: number } }).__rw)
    expect(counted, 'one offer and one answer a participant').toMatchObject({ offers: 1, answers: 1 })
  }
  backWithin('a cut of the station while talking', back)
  backWithin('a cut of the desk while talking', deskBack)
})
