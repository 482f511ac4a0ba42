// The agent reads mail in another tab: an offer must still be heard and seen.
import { type Browser, expect, type Page, test } from '../guard'
import { agentBrowser, deskState, kioskState, landscape, openKiosk, press, ready, signIn, stationBrowser } from './people'
import { Server } from './server'

const server = new Server()
let station: Browser, agent: Browser

test.beforeAll(async () => {
  await server.start()
  ;[station, agent] = await Promise.all([stationBrowser(), agentBrowser()])
})
test.afterAll(async () => {
  await Promise.all([station?.close(), agent?.close()])
  await server.stop()
})

/** Counts notifications, and listens to what goes to the sound card. */
function watchRing(): void {
  const test = { notes: [] as { title: string; body: string; closed: boolean }[], ears: [] as AnalyserNode[] }
  Object.assign(window, { testRing: test })
  const Native = window.Notification
  window.Notification = class extends Native {
    private readonly seen: { title: string; body: string; closed: boolean }
    constructor(title: string, options?: NotificationOptions) {
      super(title, options)
      this.seen = { title, body: options?.body ?? '', closed: false }
      test.notes.push(this.seen)
    }
    override close(): void {
      this.seen.closed = true
      super.close()
    }
  }
  const ears = new WeakMap<BaseAudioContext, AnalyserNode>()
  const connect = AudioNode.prototype.connect as (this: AudioNode, ...to: unknown[]) => AudioNode
  Object.assign(AudioNode.prototype, {
    connect(this: AudioNode, ...to: unknown[]) {
      if (to[0] instanceof AudioDestinationNode) {
        let ear = ears.get(this.context)
        if (!ear) {
          ear = this.context.createAnalyser()
          ear.fftSize = 32_768
          ears.set(this.context, ear)
          test.ears.push(ear)
        }
        connect.call(this, ear)
      }
      return connect.apply(this, to)
    },
  })
}

type Watched = { testRing: { notes: { title: string; body: string; closed: boolean }[]; ears: AnalyserNode[] } }

const notes = (page: Page) => page.evaluate(() => (window as unknown as Watched).testRing.notes)

/** The loudest sample of the last 0.7 s that the sound card was given. */
const loudest = (page: Page) =>
  page.evaluate(() => {
    let peak = 0
    for (const ear of (window as unknown as Watched).testRing.ears) {
      const samples = new Float32Array(ear.fftSize)
      ear.getFloatTimeDomainData(samples)
      for (const s of samples) peak = Math.max(peak, Math.abs(s))
    }
    return peak
  })

test('an offer is heard and seen while another tab is in front, and falls silent when it is taken', async () => {
  test.setTimeout(180_000)
  const context = await agent.newContext({ viewport: landscape, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', permissions: ['camera', 'microphone', 'notifications'] })
  const desk = await context.newPage()
  await desk.addInitScript(watchRing)
  await desk.goto(`${server.url}/desk`)
  await signIn(desk, 'agent7')
  await ready(desk)
  const calm = await desk.title()
  const icon = () => desk.locator('link[rel=icon]').getAttribute('href')
  expect(await icon()).toContain('mark.svg')
  // Playwright lets every page believe that it is in front: here it shall not.
  const session = await context.newCDPSession(desk)
  await session.send('Emulation.setFocusEmulationEnabled', { enabled: false })
  const mail = await context.newPage()
  await mail.bringToFront()
  await expect.poll(() => desk.evaluate(() => document.hidden || !document.hasFocus())).toBe(true)

  const kiosk = await openKiosk(station, server, 's07')
  await press(kiosk)
  await deskState(desk, 'offer')

  // Title and icon of the tab, a notification without anybody's name, and a tone.
  await expect.poll(() => desk.title(), { intervals: [100] }).not.toBe(calm)
  expect(await icon()).toContain('mark-call.svg')
  await expect.poll(() => loudest(desk), { timeout: 15_000, intervals: [100] }).toBeGreaterThan(0.01)
  const shown = await notes(desk)
  expect(shown).toHaveLength(1)
  expect(shown[0]).toMatchObject({ closed: false })
  expect(shown[0]!.title).toContain('村')

  // The agent turns to the tab and takes the call: everything ends.
  await desk.bringToFront()
  await desk.getByTestId('desk-accept').click()
  await deskState(desk, 'call')
  await kioskState(kiosk, 'call')
  expect((await notes(desk)).map((n) => n.closed)).toEqual([true])
  expect(await icon()).toContain('mark.svg')
  const talking = await desk.title()
  expect(talking).not.toBe(calm)
  // Two beats of the ring: neither title nor tone come again.
  const heard: number[] = []
  const titles = new Set<string>()
  const until = Date.now() + 4_500
  await expect(async () => {
    heard.push(await loudest(desk))
    titles.add(await desk.title())
    expect(Date.now()).toBeGreaterThan(until)
  }).toPass({ timeout: 30_000, intervals: [300] })
  expect([...titles]).toEqual([talking])
  expect(Math.max(...heard.slice(3)), 'nothing rings any more').toBeLessThan(0.001)
})
