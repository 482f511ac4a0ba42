/** A ring that is noticed: by sound, title, icon and notification, also in a tab behind. */
import { expect, test, type Page } from '../guard'
import * as desk from '../fixtures/desk'
import { holds, open, signIn, state } from './desk.fixture'

test.use({ viewport: { width: 1366, height: 768 } })

/** Counts tones and notifications, and makes the page look hidden. */
async function listen(page: Page, permission: NotificationPermission): Promise<void> {
  await page.addInitScript((allowed) => {
    const seen = { tones: 0, notes: [] as { title: string; options: NotificationOptions; closed: boolean; click: () => void }[], asked: 0, focused: 0 }
    Object.assign(globalThis, { seen })
    const start = OscillatorNode.prototype.start
    OscillatorNode.prototype.start = function (when?: number) {
      seen.tones++
      start.call(this, when)
    }
    class Note {
      static permission = allowed
      static async requestPermission() {
        seen.asked++
        return (Note.permission = 'granted')
      }
      onclick = () => undefined
      private entry
      constructor(title: string, options: NotificationOptions) {
        this.entry = { title, options, closed: false, click: () => this.onclick() }
        seen.notes.push(this.entry)
      }
      close() {
        this.entry.closed = true
      }
    }
    Object.assign(globalThis, { Notification: Note })
    window.focus = () => void seen.focused++
    document.hasFocus = () => false
  }, permission)
}
interface Seen { tones: number; notes: { title: string; options: NotificationOptions; closed: boolean }[]; asked: number; focused: number }
const seen = (page: Page) => page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen)
const icon = (page: Page) => page.locator('link[rel="icon"]').getAttribute('href')

test('signed in by a press it sounds, shows in the title, the icon and a notification, and stops when taken', async ({ page }) => {
  await listen(page, 'granted')
  const server = await open(page, desk.ready, false)
  await signIn(page)
  await expect(state(page)).toHaveAttribute('data-state', 'ready')
  await expect(page.getByTestId('desk-silent')).toHaveCount(0)
  const before = (await seen(page)).tones
  server.push('desk.state', { ...desk.offer(), version: 2 })
  await expect(page.getByTestId('desk-offer')).toBeVisible()
  await expect.poll(() => page.title()).toBe('来电 · 云桥村')
  await expect.poll(() => page.title()).toContain('振铃中')
  await expect.poll(async () => (await seen(page)).tones - before).toBeGreaterThan(8) // all of the ring, not one at a time
  expect(await icon(page)).toContain('mark-call')
  const note = (await seen(page)).notes[0]
  expect(note).toMatchObject({ title: '来电 · 云桥村', options: { tag: 'remotewindow-offer', requireInteraction: true }, closed: false })
  await page.evaluate(() => (globalThis as unknown as { seen: { notes: { click(): void }[] } }).seen.notes[0]?.click())
  expect((await seen(page)).focused).toBe(1)
  server.push('desk.state', { ...desk.call(), version: 3 })
  await expect(page.getByTestId('desk-hangup')).toBeVisible()
  expect((await seen(page)).notes[0]?.closed).toBe(true)
  expect(await icon(page)).toContain('mark.svg')
  await expect.poll(() => page.title()).not.toContain('来电')
})

test('notifications are asked for on the ready page, with the reason, once', async ({ page }) => {
  await listen(page, 'default')
  await open(page, desk.ready)
  const ask = page.getByTestId('desk-ask-notices')
  await expect(ask).toContainText('来电也会弹出来')
  expect((await seen(page)).asked).toBe(0)
  await holds(page, 'ask-notices')
  await ask.getByRole('button', { name: '允许通知' }).click()
  await expect(ask).toHaveCount(0)
  expect((await seen(page)).asked).toBe(1)
})

test('a reload without a press: the page says that it is silent, and a press mends it', async ({ page }) => {
  await page.addInitScript(() => {
    const gate = { allowed: false }
    Object.assign(globalThis, { gate })
    const state = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, 'state')
    Object.defineProperty(AudioContext.prototype, 'state', { get() { return gate.allowed ? state?.get?.call(this) : 'suspended' } })
  })
  const server = await open(page, desk.ready)
  await expect(page.getByTestId('desk-silent')).toContainText('还不让响铃')
  await holds(page, 'silent')
  server.push('desk.state', { ...desk.offer(), version: 2 })
  await expect(page.getByTestId('desk-offer-silent')).toContainText('请看屏幕')
  await holds(page, 'offer-silent')
  await page.evaluate(() => {
    (globalThis as unknown as { gate: { allowed: boolean } }).gate.allowed = true
  })
  await page.getByRole('heading', { name: /云桥村/ }).click()
  await expect(page.getByTestId('desk-offer-silent')).toHaveCount(0)
})
