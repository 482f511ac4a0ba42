// A network that lets no UDP through: the call comes up over ICE-TCP.
import { expect, test } from '../guard'
import { callUp, Centre, expectPath, path } from './centre'
import { mediaRises } from './people'

let centre: Centre

test.beforeAll(async () => {
  test.setTimeout(120_000)
  centre = new Centre()
  await centre.start()
})
test.afterAll(() => centre?.stop())

test('where UDP is blocked the call comes up over TCP', async () => {
  test.setTimeout(240_000)
  centre.net.dropUDP()
  const pages = await centre.open()
  await callUp(pages)
  await mediaRises(pages.kiosk, pages.desk)
  await expectPath(pages.kiosk, 'tcp')
  await expectPath(pages.desk, 'udp') // nothing is blocked where the desk is
  expect(centre.net.dropped(), 'UDP was tried and dropped').toBeGreaterThan(0)
  expect(await path(pages.kiosk)).toMatchObject({ offers: 1, answers: 1 })
})
