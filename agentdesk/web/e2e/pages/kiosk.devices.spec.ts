import { expect, test } from '../guard'
import { agent, Server, state } from './kiosk.fixture'
import { capture, named, open, shown, waiting } from './kiosk.states'

// Cameras and pages: what is shot, which way it goes, and what is said of a part that is off.

test('拍照 shows the very bytes whose hash it names', async ({ page }) => {
  // The policy lets no page fetch a blob's address: the blobs are remembered as they are made.
  await page.addInitScript(() => {
    const blobs = new Map<string, Blob>()
    const make = URL.createObjectURL.bind(URL)
    URL.createObjectURL = (o: Blob | MediaSource) => {
      const url = make(o)
      if (o instanceof Blob) blobs.set(url, o)
      return url
    }
    Object.assign(window, { blobs })
  })
  const server = await open(page, named('capture'))
  await page.getByTestId('kiosk-capture-confirm').click()
  const taken = page.locator('[data-testid="kiosk-page"][data-status="sending"]')
  await expect(taken).toHaveCount(1)
  expect(server.sent('capture.confirm')[0]?.body).toEqual({ slot: 'id_card' })
  const [told, shot] = await taken.evaluate(async (element) => {
    const blob = (window as unknown as { blobs: Map<string, Blob> }).blobs.get(element.querySelector('img')!.src)!
    const bytes = await blob.arrayBuffer()
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return [element.dataset.sha256, Array.from(hash, (b) => b.toString(16).padStart(2, '0')).join('')]
  })
  expect(told).toBe(shot)
})

test('with one camera the call goes on and capture says whom to ask', async ({ page }) => {
  await page.addInitScript(() => {
    const all = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices)
    navigator.mediaDevices.enumerateDevices = async () => {
      let seen = false
      return (await all()).filter((d) => d.kind !== 'videoinput' || (!seen && (seen = true)))
    }
  })
  const server = await open(page, named('capture'))
  await expect(page.getByText('拍材料的摄像头没有画面。')).toBeVisible()
  await expect(page.getByTestId('kiosk-capture-confirm')).toBeDisabled()
  await expect.poll(() => server.sent('station.report').at(-1)?.body).toMatchObject({ faults: ['document_camera_missing'] })
  await page.getByText('请专员帮我放').click()
  await expect.poll(() => server.sent('station.help').length).toBe(1)
})

test('a page that does not get through says what to do, amber, and can be taken again', async ({ page }) => {
  await page.addInitScript(() => {
    // The only promise of this kind on the way to a page: the hash of its bytes.
    crypto.subtle.digest = () => Promise.reject(new Error('refused by the test'))
  })
  await open(page, named('capture'))
  await page.getByTestId('kiosk-capture-confirm').click()
  const verdict = page.locator('.verdict.no')
  await expect(verdict).toContainText('系统出了点问题。')
  await expect(verdict).toContainText('请再试一次，不行请找专员。')
  await expect(page.getByTestId('kiosk-capture-confirm')).toBeEnabled()
  await expect(page.getByTestId('kiosk-capture-confirm')).toContainText('再拍一次')
})

test('a page goes over HTTP when no channel opens, with its progress, from where the server stands', async ({ page }) => {
  const server = new Server(page)
  server.answers['GET pages'] = { json: { have: 0 } }
  server.answers['PUT pages'] = { status: 204 }
  await server.start({ ...named('capture').state, version: state().version, capture: { ...capture, upload: 'bearer-of-this-request' } })
  await page.getByTestId('kiosk-capture-confirm').click()
  await expect.poll(() => server.asked.filter((a) => a.path.startsWith('pages/')).map((a) => a.method), { timeout: 20_000 }).toEqual(['GET', 'PUT'])
  await expect(page.locator('[data-testid="kiosk-page"][data-status="done"]')).toHaveCount(2)
  const [get, put] = server.asked.filter((a) => a.path.startsWith('pages/'))
  expect(put?.path).toMatch(/^pages\/[0-9a-f]{32}$/)
  expect(put?.headers).toMatchObject({ authorization: 'Bearer bearer-of-this-request', 'upload-offset': '0', 'content-type': 'image/jpeg' })
  const offer = JSON.parse(Buffer.from(get!.headers['page-offer']!, 'base64url').toString()) as Record<string, unknown>
  expect(offer).toMatchObject({ slot: 'id_card', side: 'front', request: 'c1', mime: 'image/jpeg' })
})

test('a camera that is pulled takes only the picture away, and comes back by its label into the running call', async ({ page }) => {
  await page.addInitScript(() => {
    const media = navigator.mediaDevices
    const get = media.getUserMedia.bind(media)
    const list = media.enumerateDevices.bind(media)
    const tracks: MediaStreamTrack[] = []
    let pulled = false
    let asked = 0
    const shown = async () => (await list()).filter((d) => !(pulled && d.label === 'fake_device_0'))
    media.enumerateDevices = shown
    media.getUserMedia = async (want) => {
      const id = typeof want?.video === 'object' ? (want.video.deviceId as { exact?: string } | undefined)?.exact : undefined
      if (want?.video && pulled && !(await shown()).some((d) => d.kind === 'videoinput' && d.deviceId === id)) throw new DOMException('', 'NotFoundError')
      asked++
      const stream = await get(want)
      tracks.push(...stream.getVideoTracks().filter((t) => t.label === 'fake_device_0'))
      return stream
    }
    Object.assign(window, {
      pull() {
        pulled = true
        for (const track of tracks.splice(0)) {
          track.stop()
          track.dispatchEvent(new Event('ended'))
        }
        media.dispatchEvent(new Event('devicechange'))
      },
      plug() {
        pulled = false
        media.dispatchEvent(new Event('devicechange'))
      },
      askedFor: () => asked,
    })
  })
  const server = await open(page, { name: '', state: state({ state: 'call', ticket: waiting, agent }), as: 'call' })
  const own = page.locator('.near video')
  await expect(own).toHaveJSProperty('videoWidth', 640)
  await page.evaluate(() => (window as unknown as { pull(): void }).pull())
  await expect(page.locator('.near .plate')).toHaveText('没有画面')
  await expect.poll(() => server.sent('station.report').at(-1)?.body).toMatchObject({ faults: expect.arrayContaining(['camera_missing']) as unknown })
  await expect(page.getByText('话筒没有接好')).toHaveCount(0)
  await page.evaluate(() => (window as unknown as { plug(): void }).plug())
  await expect(page.locator('.near .plate')).toHaveText('您的画面', { timeout: 10_000 })
  await expect.poll(() => server.sent('station.report').at(-1)?.body).toMatchObject({ faults: [] })
  await expect.poll(() => own.evaluate((v: HTMLVideoElement) => (v.srcObject as MediaStream).getTracks().map((t) => `${t.kind} ${t.readyState}`).sort())).toEqual(['audio live', 'video live'])
})

test('the self-check is reported part by part', async ({ page }) => {
  const server = await open(page, shown[0]!)
  await expect.poll(() => (server.sent('station.report').at(-1)?.body as { checks?: { part: string }[] }).checks?.map((c) => c.part)).toEqual(['camera', 'document', 'microphone', 'speaker', 'network', 'clock'])
  const checks = (server.sent('station.report').at(-1)?.body as { checks: { part: string; level: string; value: number }[] }).checks
  expect(checks.find((c) => c.part === 'camera')?.level).toBe('green')
  // How long the answer took is the machine's; the level must be that of what was measured.
  const network = checks.find((c) => c.part === 'network')!
  expect(network.level).toBe(network.value < 200 ? 'green' : network.value < 800 ? 'amber' : 'red')
})
