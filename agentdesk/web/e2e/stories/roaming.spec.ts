// The kiosk's address changes in a call: the same connection finds another path.
import { allow, expect, outage, type Page, test } from '../guard'
import { callUp, Centre, path } from './centre'
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

/** The end of the longest silence after a moment, as ms since then. */
async function silenceEnds(page: Page, since: number): Promise<number> {
  const came = await page.evaluate(() => (window as unknown as { testPackets: number[] }).testPackets)
  let longest = 0
  let end = since
  for (let i = 1; i < came.length; i++) {
    if (came[i]! < since) continue
    const from = Math.max(came[i - 1]!, since)
    if (came[i]! - from > longest) {
      longest = came[i]! - from
      end = came[i]!
    }
  }
  return end - since
}

test('the address of the kiosk changes in a call, and changes back', async () => {
  test.setTimeout(240_000)
  allow(outage, /net::ERR_(NETWORK_CHANGED|INTERNET_DISCONNECTED|ADDRESS_UNREACHABLE|NETWORK_IO_SUSPENDED|TIMED_OUT)/)
  const pages = await centre.open()
  await callUp(pages)
  await mediaRises(pages.kiosk, pages.desk)
  for (const page of [pages.kiosk, pages.desk]) await watchPackets(page)

  const back: number[] = []
  const addresses = [centre.net.clientIP, '10.77.0.9', centre.net.clientIP]
  for (let n = 1; n < addresses.length; n++) {
    const before = await path(pages.kiosk)
    const at = centre.net.readdress(addresses[n - 1]!, addresses[n]!)
    await expect(async () => expect((await path(pages.kiosk)).restarts, 'ICE restarts').toBeGreaterThan(before.restarts)).toPass({ timeout: 60_000 })
    await mediaRises(pages.kiosk, pages.desk)
    back.push(Math.max(await silenceEnds(pages.kiosk, at), await silenceEnds(pages.desk, at)))
  }
  for (const page of [pages.kiosk, pages.desk]) {
    expect((await received(page)).connections, 'one connection through it all').toBe(1)
    expect(await path(page)).toMatchObject({ offers: 1, answers: 1 })
    expect((await seen(page)).tickets, 'one ticket in every state').toHaveLength(1)
  }
  backWithin('a change of address in a call', back)
})
