import { allow, answered, expect, outage, test } from '../guard'
import { pass, Server, state } from './kiosk.fixture'
import { rules, variants } from './kiosk.rules'
import { named, open, reach, shown, turns } from './kiosk.states'

// The rules of ux.md 6.7 on every state, in both turns of the screen.

for (const { turn, size, suffix } of turns) {
  test(`${turn}: every state keeps the rules`, async ({ page }) => {
    test.setTimeout(900_000)
    await page.setViewportSize(size)
    const titles = new Map<string, string>()
    const wrong: string[] = []
    const server = new Server(page)
    await server.start(state())
    for (const one of shown) {
      server.push({ ...one.state, version: state().version })
      await reach(page, server, one)
      wrong.push(...await rules(page, one.name, suffix, variants.has(one.name) ? undefined : titles))
      if (['leave', 'cancel', 'swap'].includes(one.name)) await page.locator('.veil .btn.primary').click()
    }
    expect(wrong).toEqual([])
  })

  test(`${turn}: enrolment keeps the rules`, async ({ page }) => {
    await page.setViewportSize(size)
    const server = new Server(page)
    await server.start(state(), '/kiosk.html')
    await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'enrol')
    const wrong = await rules(page, 'enrol', suffix)
    server.answers.enrol = { status: 403, json: { code: 'bad_code' } }
    allow(answered(403, '/api/station/enrol'))
    await page.getByTestId('kiosk-code').fill('K7QD 2M9X 0000 ZZZZ')
    await page.getByTestId('kiosk-enrol').click()
    await expect(page.locator('.trouble')).toBeVisible()
    wrong.push(...await rules(page, 'enrol-refused', suffix))
    server.answers.enrol = { status: 429, json: { code: 'rate', retry_ms: 1_500_000 } }
    allow(answered(429, '/api/station/enrol'))
    await page.getByTestId('kiosk-enrol').click()
    await expect(page.getByTestId('kiosk-enrol')).toBeDisabled()
    wrong.push(...await rules(page, 'enrol-wait', suffix))
    expect(wrong).toEqual([])
  })

  for (const [name, script] of [
    ['fault-denied', () => {
      navigator.permissions.query = () => Promise.resolve({ state: 'denied' } as PermissionStatus)
    }],
    ['fault-black', () => {
      const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      navigator.mediaDevices.getUserMedia = async (want) => {
        const stream = await get(want)
        // A covered lens: frames come, and all of them are black.
        for (const track of stream.getVideoTracks()) track.enabled = false
        return stream
      }
    }],
    ['fault-document', () => {
      const all = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices)
      navigator.mediaDevices.enumerateDevices = async () => (await all()).filter((d) => d.kind !== 'videoinput' || !d.label.includes('1'))
    }],
    ['fault-insecure', () => {
      Object.defineProperty(navigator, 'mediaDevices', { value: undefined })
    }],
  ] as const) {
    test(`${turn}: ${name} keeps the rules`, async ({ page }) => {
      await page.setViewportSize(size)
      await page.addInitScript(script)
      await open(page, { name, state: state(), as: name === 'fault-document' ? 'idle' : 'fault' })
      await expect(page.locator('.trouble')).toBeVisible()
      expect(await rules(page, name, suffix)).toEqual([])
    })
  }

  test(`${turn}: boot keeps the rules`, async ({ page }) => {
    await page.setViewportSize(size)
    // The self-check never ends: nobody answers for the camera.
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined)
    })
    await page.clock.install()
    const server = new Server(page)
    await server.start(state())
    await expect(page.locator('[data-part="network"]')).not.toHaveAttribute('data-level', 'pending')
    await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'boot')
    expect(await rules(page, 'boot', suffix)).toEqual([])
  })

  test(`${turn}: the ring keeps the rules`, async ({ page }) => {
    await page.setViewportSize(size)
    await page.clock.install()
    await open(page, named('summary'))
    await pass(page, 62_000)
    await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'reset')
    expect((await rules(page, 'reset', suffix))).toEqual([])
  })

  test(`${turn}: offline keeps the rules over every state`, async ({ page }) => {
    test.setTimeout(300_000)
    allow(outage)
    await page.setViewportSize(size)
    const server = new Server(page)
    const wrong: string[] = []
    await server.start(state())
    for (const name of ['idle', 'closed', 'who', 'waiting', 'ringing', 'call', 'capture', 'summary']) {
      server.up = true
      await expect(page.getByTestId('kiosk-state')).not.toHaveAttribute('data-state', /offline|boot/, { timeout: 20_000 })
      server.push({ ...named(name).state, version: state().version })
      await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', named(name).as)
      await server.cut()
      await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'offline')
      wrong.push(...await rules(page, `offline-${name}`, suffix))
    }
    expect(wrong).toEqual([])
  })
}
