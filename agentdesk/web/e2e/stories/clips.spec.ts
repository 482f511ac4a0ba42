// The kiosk says what stands on its screen, from recordings that espeak-ng has made.
import { type Browser, expect, test } from '../guard'
import { Recordings } from './clips'
import { kioskState, launch, openKiosk, press } from './people'
import { stationCamera } from './pictures'
import { Server } from './server'

let station: Browser
let recordings: Recordings
let server: Server

test.beforeAll(async () => {
  recordings = new Recordings()
  server = new Server(['--clips', recordings.folder])
  await server.start()
  // As `remotewindow station` starts it: a sentence may sound before a touch.
  station = await launch(stationCamera(), { args: ['--autoplay-policy=no-user-gesture-required'] })
})
test.afterAll(async () => {
  await station?.close()
  await server?.stop()
  recordings?.remove()
})

test('the kiosk says each page that it shows, in the language chosen', async () => {
  const kiosk = await openKiosk(station, server, 's03')
  const said: string[] = []
  kiosk.on('response', (response) => {
    const path = new URL(response.url()).pathname
    if (path.startsWith('/clips/') && path.endsWith('.wav') && response.ok()) said.push(decodeURIComponent(path))
  })
  await kioskState(kiosk, 'idle')
  await press(kiosk)
  await kioskState(kiosk, 'waiting')
  await expect.poll(() => said).toContain('/clips/zh/who.wav')
  await kiosk.getByRole('button', { name: 'English' }).click()
  await kiosk.getByRole('button', { name: /myself/i }).click()
  await expect.poll(() => said.some((path) => path.startsWith('/clips/en/'))).toBe(true)
})
