// `remotewindow station` as it runs beside a kiosk, with a port over which the
// test can look into its browser. A real station has no such port.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from '@playwright/test'
import { expect, guardContext, type Page } from '../guard'
import { chromiumFile } from './people'
import { binary } from './server'

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer()
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

export class StationHelper {
  output = ''
  private port = 0
  private child: ChildProcess | undefined
  private browser: Browser | undefined
  private readonly profile = mkdtempSync(join(tmpdir(), 'rw-station-'))

  constructor(
    private readonly url: string,
    private readonly browserArgs: string[],
  ) {}

  async start(): Promise<void> {
    this.port = await freePort()
    const flags = ['--no-sandbox', `--remote-debugging-port=${this.port}`, '--window-size=1080,1920', ...this.browserArgs]
    const child = spawn(
      binary,
      ['station', '--url', this.url, '--browser', chromiumFile, '--profile', this.profile, '--headless', ...flags.map((f) => `--browser-arg=${f}`)],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    this.child = child
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()))
  }

  /** The kiosk's page as it is now: looks again until there is one that lives. The test only looks, it opens nothing. */
  async page(): Promise<Page> {
    let found: Page | undefined
    await expect(async () => {
      expect(this.child?.exitCode ?? null, this.output).toBe(null)
      await this.browser?.close() // lets go of the connection only
      this.browser = await chromium.connectOverCDP(`http://127.0.0.1:${this.port}`, { timeout: 10_000 })
      const context = await guardContext(this.browser.contexts()[0]!)
      found = context.pages().find((p) => p.url() === this.url)
      expect(await found?.getByTestId('kiosk-state').count()).toBe(1)
    }).toPass({ timeout: 60_000 })
    return found!
  }

  /** How often the helper said that something happened. */
  told(event: string): number {
    return this.output.split(`event=${event}`).length - 1
  }

  /**
   * Ends the renderer as chrome://crash does. That address itself is refused to whoever drives the browser over a
   * port (net::ERR_ABORTED), and Page.crash of DevTools never answers.
   */
  async crash(page: Page): Promise<void> {
    const crashed = page.waitForEvent('crash')
    const devtools = await page.context().newCDPSession(page)
    void devtools.send('Page.crash').catch(() => undefined)
    await crashed
  }

  /** kill -9 of the browser, not of the helper. */
  killBrowser(): void {
    const pid = this.child!.pid!
    // A Go program starts children from any of its threads.
    const all = readdirSync(`/proc/${pid}/task`).flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(/\s+/).filter(Boolean))
    expect(all, 'the browser of the helper').toHaveLength(1)
    process.kill(Number(all[0]), 'SIGKILL')
  }

  async stop(): Promise<void> {
    await this.browser?.close()
    const child = this.child
    this.child = undefined
    if (child && child.exitCode === null) {
      await new Promise<void>((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      })
    }
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}
