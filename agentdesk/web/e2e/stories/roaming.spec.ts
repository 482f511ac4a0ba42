// The kiosk's address changes in a call: the server follows its media, and the page comes back over another socket.
import { allow, expect, outage, type Page, test } from '../guard'
import { callUp, Centre, expectPath, path } from './centre'
import { backWithin } from './figures'
import { mediaRises, received, seen } from './people'

let centre: Centre

test.beforeAll(async () => {
  test.setTimeout(120_000)
  centre = new Centre()
  await centre.start()
})
test.afterAll(() => centre?.stop())

/** Notes when packets came in, at a grain of 20 ms, unix ms. */
const watchPackets = (page: Page) =>
  page.evaluate(() => {
    const came: number[] = []
    Object.assign(window, { testPackets: came })
    let last = -1
    const look = async () => {
      const connection = (window as unknown as { testConnections: RTCPeerConnection[] }).testConnections.at(-1)!
      let packets = 0
      for (const row of (await connection.getStats()).values() as Iterable<Record<string, unknown>>) {
        if (row.type === 'inbound-rtp') packets += Number(row.packetsReceived ?? 0)
      }
      if (packets > last) came.push(Date.now())
      last = packets
      setTimeout(() => void look(), 20)
    }
    void look()
  })

/** Of the address: enough to judge by where times are judged. */
const changes = process.env.RW_GATE === '1' ? 20 : 4

/** A pause that a listener notices, and how long after the change every such pause counts as part of it; ms. */
const pauseMS = 250
const aftermathMS = 3_000

/**
 * When media flowed again after a moment, as ms since then: the end of the last noticeable pause of its aftermath, or
 * where none was noticeable, of the longest that it began with.
 */
async function flowsAgain(page: Page, since: number): Promise<number> {
  const came = await page.evaluate(() => (window as unknown as { testPackets: number[] }).testPackets)
  let back = 0
  let longest = 0
  let noticed = false
  for (let i = 1; i < came.length; i++) {
    const from = Math.max(came[i - 1]! - since, 0)
    const pause = came[i]! - since - from
    if (pause <= 0 || from > aftermathMS) continue
    if (pause >= pauseMS) noticed = true
    if (noticed ? pause >= pauseMS : from < pauseMS && pause > longest) {
      longest = pause
      back = came[i]! - since
    }
  }
  return back
}

test('the address of the kiosk changes in a call, there and back, again and again', async () => {
  test.setTimeout(120_000 + changes * 30_000)
  allow(outage, /net::ERR_(NETWORK_CHANGED|INTERNET_DISCONNECTED|ADDRESS_UNREACHABLE|NETWORK_IO_SUSPENDED|TIMED_OUT)/)
  const pages = await centre.open()
  await callUp(pages)
  await mediaRises(pages.kiosk, pages.desk)
  for (const page of [pages.kiosk, pages.desk]) await watchPackets(page)

  const media: number[] = []
  const addresses = [centre.net.clientIP, '10.77.0.9']
  const sockets: number[] = []
  for (let n = 0; n < changes; n++) {
    const { backs } = await seen(pages.kiosk)
    const at = centre.net.readdress(addresses[n % 2]!, addresses[(n + 1) % 2]!)
    await expect(async () => expect((await seen(pages.kiosk)).backs.length, 'sockets of the kiosk').toBeGreaterThan(backs.length)).toPass({ timeout: 60_000 })
    sockets.push((await seen(pages.kiosk)).backs[backs.length]! - at)
    await expect(() => expect(Date.now()).toBeGreaterThan(at + 2 * aftermathMS)).toPass({ timeout: 60_000 })
    await mediaRises(pages.kiosk, pages.desk)
    media.push(Math.max(await flowsAgain(pages.kiosk, at), await flowsAgain(pages.desk, at)))
  }
  for (const page of [pages.kiosk, pages.desk]) {
    expect((await received(page)).connections, 'one connection through it all').toBe(1)
    expect(await path(page)).toMatchObject({ offers: 1, answers: 1 })
    await expectPath(page, 'udp')
    expect((await seen(page)).tickets, 'one ticket in every state').toHaveLength(1)
  }
  backWithin('a change of address in a call', media)
  backWithin('a change of address, the socket', sockets)
})
