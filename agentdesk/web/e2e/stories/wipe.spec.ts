// After a resident nothing of him is left in the kiosk: not in its storage, not
// in the page, not behind an old address, and nothing personal ever stood in a URL.
import { allow, type Browser, expect, type Page, test } from '../guard'
import { agentBrowser, deskState, kioskState, openDesk, openKiosk, press, ready, stationBrowser } from './people'
import { Server } from './server'

let station: Browser, agent: Browser
let server: Server

test.beforeAll(async () => {
  ;[station, agent] = await Promise.all([stationBrowser(), agentBrowser()])
})
test.afterAll(async () => {
  await Promise.all([station?.close(), agent?.close()])
})
test.beforeEach(async () => {
  server = new Server()
  await server.start()
})
test.afterEach(async () => {
  for (const browser of [station, agent]) await Promise.all(browser.contexts().map((c) => c.close()))
  await server.stop()
})

/** Invented: a name, a number and an address as an agent may write them. */
const personal = ['欧阳样张', '13900001234', '云桥村 18 号']
/** What a part of the page could have kept, each in another drawer of the browser. */
const planted = '310115199001011234'

/** Puts the planted text wherever a page can put one, as a careless change would. */
async function plant(kiosk: Page): Promise<void> {
  await kiosk.evaluate(async (text) => {
    localStorage.setItem('draft', text)
    sessionStorage.setItem('draft', text)
    history.replaceState({ text }, '', location.href)
    await (await caches.open('pages')).put('/page', new Response(text))
    await new Promise<void>((resolve, reject) => {
      const opening = indexedDB.open('pages', 1)
      opening.onupgradeneeded = () => opening.result.createObjectStore('pages').put(text, 'one')
      opening.onsuccess = () => {
        opening.result.close()
        resolve()
      }
      opening.onerror = () => reject(opening.error!)
    })
  }, planted)
}

/** Everything that the browser keeps of this page, and what the page shows and holds. */
async function kept(kiosk: Page) {
  return kiosk.evaluate(async () => {
    const dump = (s: Storage) => Object.entries(s).map(([k, v]) => `${k}=${v}`)
    const values = [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea')].map((i) => i.value)
    const texts: string[] = []
    const walk = (root: ParentNode) => {
      for (const e of root.querySelectorAll('*')) {
        for (const a of e.attributes) texts.push(`${a.name}=${a.value}`)
        if (e.shadowRoot) walk(e.shadowRoot)
      }
    }
    walk(document)
    return {
      local: dump(localStorage), session: dump(sessionStorage), cookies: document.cookie,
      databases: (await indexedDB.databases()).map((d) => d.name), caches: await caches.keys(),
      history: JSON.stringify(history.state), title: document.title,
      page: `${document.documentElement.outerHTML}\n${texts.join('\n')}\n${values.join('\n')}`,
      streams: [...document.querySelectorAll('video')].filter((v) => v.srcObject !== null).length,
      pictures: [...document.images].map((i) => i.src),
    }
  })
}

/** Whether a picture still stands behind an address. */
const loads = (kiosk: Page, url: string) =>
  kiosk.evaluate((src) => new Promise<boolean>((resolve) => {
    const image = new Image()
    image.onload = () => resolve(true)
    image.onerror = () => resolve(false)
    image.src = src
  }), url)

/** Calls, gets a message and a page, and is done; the kiosk stands on the summary. */
async function served(kiosk: Page, desk: Page): Promise<{ number: string; caseID: string; url: string }> {
  await press(kiosk)
  await deskState(desk, 'offer')
  const number = /A\d{3}/.exec((await desk.getByTestId('desk-offer').textContent()) ?? '')?.[0] ?? ''
  await desk.getByTestId('desk-accept').click()
  await kioskState(kiosk, 'call')
  await desk.getByRole('button', { name: '写一句' }).click()
  await desk.locator('form.write input').fill(personal.join('，'))
  await desk.locator('form.write button').click()
  for (const text of personal) await expect(kiosk.locator('body')).toContainText(text)
  await desk.getByTestId('desk-capture').first().click()
  await kioskState(kiosk, 'capture')
  await kiosk.getByTestId('kiosk-capture-confirm').click()
  await expect(kiosk.getByTestId('kiosk-page').first()).toHaveAttribute('data-status', 'done', { timeout: 30_000 })
  const url = (await kiosk.getByTestId('kiosk-page').first().locator('img').getAttribute('src'))!
  expect(url).toMatch(/^blob:/)
  expect(await loads(kiosk, url), 'it is there before').toBe(true)
  await plant(kiosk)
  const had = JSON.stringify(await kept(kiosk))
  for (const text of [...personal, planted, url]) expect(had.includes(text), `${text} is there before`).toBe(true)
  await desk.getByTestId('desk-hangup').click()
  await desk.getByTestId('desk-hangup').click()
  await deskState(desk, 'wrapup')
  await desk.getByTestId('desk-disposition').locator('input[value=pending]').check({ force: true })
  await desk.getByTestId('desk-note').fill(personal.join('，'))
  await desk.getByTestId('desk-finish').click()
  await deskState(desk, 'ready')
  await kioskState(kiosk, 'summary')
  await expect(kiosk.locator('.summary .res .no')).not.toBeEmpty()
  const caseID = (await kiosk.locator('.summary .res .no').textContent())!.trim()
  return { number, caseID, url }
}

async function clean(kiosk: Page, of: { number: string; caseID: string; url: string }): Promise<void> {
  const strings = [...personal, planted, of.number, of.caseID, of.url].filter((s) => s !== '')
  expect(strings, 'the story knows number and case').toHaveLength(personal.length + 4)
  // Deleting a database takes the browser a moment.
  await expect.poll(async () => (await kept(kiosk)).databases.filter((d) => d !== 'remotewindow')).toEqual([])
  const left = await kept(kiosk)
  expect(left).toMatchObject({ local: [], session: [], cookies: '', caches: [], history: 'null', streams: 0 })
  expect(left.pictures.filter((p) => p.startsWith('blob:'))).toEqual([])
  const everything = JSON.stringify(left)
  for (const text of strings) expect(everything.includes(text), `${text} is left`).toBe(false)
  allow(/ERR_FILE_NOT_FOUND/)
  expect(await loads(kiosk, of.url), 'the old picture is gone').toBe(false)

  // There is no way back to him.
  const steps = await kiosk.evaluate(() => history.length)
  expect(steps, 'the page pushed nothing').toBeLessThanOrEqual(2)
  await kiosk.goBack()
  const before = await kiosk.evaluate(() => document.documentElement.outerHTML)
  for (const text of strings) expect(before.includes(text), `${text} one step back`).toBe(false)
  await kiosk.goForward()
  await kioskState(kiosk, 'idle', 40_000)
  const again = JSON.stringify(await kept(kiosk))
  for (const text of strings) expect(again.includes(text), `${text} after back and forward`).toBe(false)
}

/** Addresses of everything that the kiosk asks for. */
function addresses(kiosk: Page): string[] {
  const seen: string[] = []
  kiosk.context().on('request', (request) => seen.push(request.url(), request.headers().referer ?? ''))
  kiosk.on('websocket', (socket) => seen.push(socket.url()))
  return seen
}

function impersonal(seen: string[], of: { number: string; caseID: string }): void {
  expect(seen.length).toBeGreaterThan(5)
  for (const url of seen) {
    const read = decodeURIComponent(url)
    for (const text of [...personal, planted, of.number, of.caseID]) expect(read.includes(text), `${text} in ${url}`).toBe(false)
  }
}

test('the resident says that he is done: nothing of him is left', async () => {
  test.setTimeout(180_000)
  const desk = await openDesk(agent, server, 'agent7')
  await ready(desk)
  const kiosk = await openKiosk(station, server, 's07')
  const seen = addresses(kiosk)
  await kiosk.reload()
  await kioskState(kiosk, 'idle', 40_000)
  const resident = await served(kiosk, desk)
  await kiosk.locator('.summary .acts .btn.primary').click()
  await kioskState(kiosk, 'idle')
  await clean(kiosk, resident)
  impersonal(seen, resident)
})

test('the resident walks away: after the ring of 30 s nothing of him is left', async () => {
  test.setTimeout(180_000)
  const desk = await openDesk(agent, server, 'agent7')
  await ready(desk)
  const kiosk = await openKiosk(station, server, 's07')
  const seen = addresses(kiosk)
  await kiosk.reload()
  await kioskState(kiosk, 'idle', 40_000)
  const resident = await served(kiosk, desk)
  // Only from here, since pictures and sound run slowly by a clock of the test; the last touch is by that clock.
  await kiosk.clock.install()
  await kiosk.mouse.click(2, 2)
  await kiosk.clock.fastForward(62_000)
  await kioskState(kiosk, 'reset')
  await expect(kiosk.getByRole('alertdialog')).toBeVisible()
  await kiosk.clock.fastForward(31_000)
  await kioskState(kiosk, 'idle')
  await clean(kiosk, resident)
  impersonal(seen, resident)
})
