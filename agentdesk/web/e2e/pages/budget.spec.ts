/** What a first load of each page costs: every script and style that it fetches, as gzip would send it. */
import { gzipSync } from 'node:zlib'
import { expect, test } from '../guard'
import { adminServer } from '../fixtures/admin'
import * as desk from '../fixtures/desk'
import { paperServer } from '../fixtures/server'

const kilobyte = 1000

for (const [name, most] of [['desk', 600], ['board', 500], ['admin', 600]] as const) {
  test(`${name} loads at most ${most} K of scripts and styles, and nothing of anybody else`, async ({ page, baseURL }) => {
    if (name === 'admin') await adminServer(page)
    else await paperServer(page, { face: name, user: desk.user, signedIn: true, info: desk.info, catalogue: desk.catalogue })
    const bodies: Promise<Buffer>[] = []
    const foreign: string[] = []
    page.on('response', (r) => {
      if (!r.url().startsWith(`${baseURL}/`)) foreign.push(r.url())
      if (/\.(js|css)$/.test(new URL(r.url()).pathname)) bodies.push(r.body())
    })
    await page.goto(`/${name}.html`, { waitUntil: 'networkidle' })
    const sizes = (await Promise.all(bodies)).map((b) => gzipSync(b).length)
    expect(sizes.length).toBeGreaterThan(2)
    expect(sizes.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(most * kilobyte)
    expect(foreign).toEqual([])
  })
}
