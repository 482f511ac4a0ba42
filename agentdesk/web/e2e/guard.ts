// Every page of every spec fails its test on a report of the content policy, a
// console error or an error that nobody caught. Whoever provokes one on purpose
// says so with allow(/…/), which holds to the end of the test.
import { type Browser, type BrowserContext, expect, test as base } from '@playwright/test'

export { expect }
export type { Browser, BrowserContext, Page, Route } from '@playwright/test'

/** What went wrong on any page since the last test, as one line each. */
let faults: string[] = []

/** Chromium writes every answer of 400 and more to the console; this is the one of a route. */
export const answered = (status: number, path: string) => new RegExp(`status of ${status} .*@ \\S+${path}(\\?|$)`)
/** What Chromium writes when the server is away. */
export const outage = /net::ERR_(FAILED|CONNECTION_\w+|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)|WebSocket connection to '\S+' failed/

// Whoever opens a page with a log-in is not signed in yet, and the page asks.
const usual = [answered(401, '/api/(desk|board|admin)/me')]
let allowed = [...usual]

/** Faults that match are expected in the test that runs. */
export const allow = (...patterns: RegExp[]): void => void allowed.push(...patterns)

/** Listens on every page of a context, those that are opened later too. */
export async function guardContext(context: BrowserContext): Promise<BrowserContext> {
  context.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()} @ ${message.location().url}`)
  })
  context.on('weberror', (error) => faults.push(`page error: ${error.error().stack ?? error.error().message}`))
  // A refusal that is only reported is no console error everywhere.
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => {
      console.error(`policy: ${e.effectiveDirective} refused ${e.blockedURI} ${e.sample} at ${e.sourceFile}:${e.lineNumber}`)
    })
  })
  return context
}

/** Listens on every context that a browser opens from now on. */
export function guarded(browser: Browser): Browser {
  const open = browser.newContext.bind(browser)
  browser.newContext = async (options) => guardContext(await open(options))
  return browser
}

export const test = base.extend<{ guard: void }>({
  context: async ({ context }, use) => {
    await use(await guardContext(context))
  },
  guard: [
    async ({}, use) => {
      allowed = [...usual]
      await use()
      const found = faults.filter((fault) => !allowed.some((pattern) => pattern.test(fault)))
      faults = []
      expect(found, 'what the pages reported').toEqual([])
    },
    { auto: true },
  ],
})
