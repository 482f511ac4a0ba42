import { allow, answered, expect, outage, test, type Page } from '../guard'
import { Server, state } from './kiosk.fixture'
import { waiting } from './kiosk.states'

// A device without a station: its code, its key, and what stands while the server does not know it.

test('an unknown station and a taken one say what to do', async ({ page }) => {
  await page.route('**/api/info', (r) => r.fulfill({ json: { build: 'test', demo: true, centre: 'pj', title: '', consent_text: '2026-11' } }))
  await page.route('**/api/catalogue', (r) => r.fulfill({ json: { edition: '', themes: [], matters: [] } }))
  allow(answered(404, '/api/station/socket'))
  let asked = 0
  await page.route('**/api/station/socket', (r) => {
    asked++
    return r.fulfill({ status: 404, json: { code: 'not_found' } })
  })
  await page.goto('/kiosk.html?station=nowhere')
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'fault')
  await expect(page.getByText('这台设备还没有登记。')).toBeVisible()
  await expect(page.getByText('请叫身边的专员来看一下')).toBeVisible()
  await expect.poll(() => asked).toBeGreaterThan(1)
  const before = asked
  await page.getByRole('button', { name: '再试一次' }).click()
  await expect.poll(() => asked).toBeGreaterThan(before)
})

test.describe('a device without a station', () => {
  const keysOf = (page: Page) => page.evaluate(() => new Promise<string[]>((resolve, reject) => {
    const opening = indexedDB.open('remotewindow', 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore('keys')
    opening.onerror = () => reject(new Error('IndexedDB'))
    opening.onsuccess = () => {
      const all = opening.result.transaction('keys').objectStore('keys').getAll() as IDBRequest<{ id: string; privateKey: CryptoKey }[]>
      all.onsuccess = () => {
        opening.result.close()
        resolve(all.result.map((k) => `${k.id} ${k.privateKey.extractable}`))
      }
    }
  }))

  test('is enrolled by touch, logs in by its key, keeps it over a reload, and asks for a code once it was refused', async ({ page }) => {
    await page.clock.install()
    const server = new Server(page, { demo: false })
    server.answers.enrol = { json: { station: 's07', name: '云桥村党群服务站', key: 'k' } }
    await server.start(state(), '/kiosk.html?station=s07')
    const at = page.getByTestId('kiosk-state')
    // While the clock is the test's, the self-check may give up on a camera that is still opening.
    const loggedIn = /^(idle|fault)$/
    await expect(at).toHaveAttribute('data-state', 'enrol')
    await expect(page.getByTestId('kiosk-enrol')).toBeDisabled()
    await expect(page.getByTestId('kiosk-enrol')).toHaveText('还差 16 位')
    for (const key of 'K7QD2M9X0110ZZZZ') await page.locator('.keys').getByText(key, { exact: true }).click()
    await expect(page.getByTestId('kiosk-code')).toHaveValue('K7QD-2M9X-0110-ZZZZ')
    await page.getByText('删一位').click()
    await page.locator('.keys').getByText('Z', { exact: true }).click()
    await page.getByTestId('kiosk-enrol').click()
    await expect.poll(() => server.asked.map((a) => a.path).slice(0, 3)).toEqual(['enrol', 'challenge', 'socket'])
    const [enrol, challenge, socket] = server.asked
    expect(enrol?.body).toMatchObject({ code: 'K7QD2M9X0110ZZZZ' })
    expect(Object.keys(socket!.body).sort()).toEqual(['key', 'nonce', 'signature'])
    expect(socket?.body).toMatchObject({ key: challenge?.body.key, nonce: 'nonce' })
    await page.clock.runFor(7_000)
    await expect(at).toHaveAttribute('data-state', loggedIn)
    expect(await keysOf(page)).toEqual([`${String(challenge?.body.key)} false`])

    await page.reload()
    await expect.poll(() => server.asked.at(-1)?.path).toBe('socket')
    await page.clock.runFor(7_000)
    await expect(at).toHaveAttribute('data-state', loggedIn)

    // Revoked: the server ends the socket, and takes the key no more.
    allow(outage, answered(401, '/api/station/socket'))
    server.push(state({ state: 'waiting', ticket: waiting }))
    await expect(at).toHaveAttribute('data-state', 'waiting')
    server.answers.socket = { status: 401, json: { code: 'not_enrolled' } }
    server.bye('ticket_expired')
    await page.clock.runFor(1_000)
    await expect(at).toHaveAttribute('data-state', 'fault')
    await expect(page.locator('.trouble')).toContainText('登记被取消')
    await expect(page.getByText('A012')).toHaveCount(0)
    await page.clock.runFor(61_000)
    await expect.poll(() => server.asked.filter((a) => a.path === 'socket').length).toBe(4)
    await page.clock.runFor(61_000)
    await expect(at).toHaveAttribute('data-state', 'enrol')
    await expect(page.locator('.net')).toHaveCount(0)

    // The only key stays, and is tried beside what is typed: a station that was closed may open again.
    const kept = [`${String(challenge?.body.key)} false`]
    expect(await keysOf(page)).toEqual(kept)
    await page.getByTestId('kiosk-code').fill('K7QD')
    await page.clock.runFor(61_000)
    await expect.poll(() => server.asked.filter((a) => a.path === 'socket').length).toBe(6)
    await expect(page.getByTestId('kiosk-code')).toHaveValue('K7QD')
    delete server.answers.socket
    await page.clock.runFor(61_000)
    await expect(at).toHaveAttribute('data-state', 'waiting')
    expect(await keysOf(page)).toEqual(kept)
  })

  test('asks for another challenge at once when one ran out, and takes it for no refusal', async ({ page }) => {
    allow(answered(401, '/api/station/socket'))
    const server = new Server(page, { demo: false })
    server.answers.enrol = { json: { station: 's07', name: '云桥村党群服务站', key: 'k' } }
    server.answers.socket = { status: 401, json: { code: 'nonce' } }
    await server.start(state(), '/kiosk.html')
    await page.getByTestId('kiosk-code').fill('K7QD2M9X0110ZZZZ')
    await page.getByTestId('kiosk-enrol').click()
    await expect.poll(() => server.asked.map((a) => a.path).slice(0, 5)).toEqual(['enrol', 'challenge', 'socket', 'challenge', 'socket'])
    delete server.answers.socket
    await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'idle', { timeout: 20_000 })
  })

  test('counts down in words what the server makes it wait', async ({ page }) => {
    allow(answered(429, '/api/station/enrol'))
    await page.clock.install()
    const server = new Server(page, { demo: false })
    server.answers.enrol = { status: 429, json: { code: 'rate', retry_ms: 64_000 } }
    await server.start(state(), '/kiosk.html')
    const button = page.getByTestId('kiosk-enrol')
    await page.getByTestId('kiosk-code').fill('K7QD2M9X0110ZZZZ')
    await button.click()
    await expect(button).toHaveText(/^请等 1 分 \d 秒$/)
    await expect(button).toBeDisabled()
    await expect(page.locator('.trouble')).toContainText('等倒计时完了再试')
    await page.clock.runFor(10_000)
    await expect(button).toHaveText(/^请等 5\d 秒$/)
    await page.clock.runFor(56_000)
    await expect(button).toHaveText('登记')
    await expect(page.locator('.trouble')).toContainText('现在可以再试。')
    server.answers.enrol = { json: { station: 's07', name: '云桥村党群服务站', key: 'k' } }
    await button.click()
    await expect.poll(() => server.asked.map((a) => a.path)).toContain('socket')
  })

  test('says so when the browser keeps no keys', async ({ page }) => {
    await page.addInitScript(() => {
      Object.defineProperty(crypto, 'subtle', { value: undefined })
    })
    const server = new Server(page, { demo: false })
    await server.start(state(), '/kiosk.html')
    await expect(page.locator('.trouble')).toContainText('请用加密的网址打开。')
    await expect(page.getByTestId('kiosk-code')).toHaveCount(0)
  })
})
