// What every state of a page must hold: no accessibility violation, and on the
// kiosk controls and text that an old hand and eye can use. Screenshots go to
// shots/, beside which the drawings of the look are held by a person.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, type Page } from '@playwright/test'

const axe = readFileSync(fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8')
const shots = fileURLToPath(new URL('../../shots/', import.meta.url))

export async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${shots}${name}.png` })
}

/** axe-core finds nothing. Evaluated by the debugger, so that the page's own CSP stays on. */
export async function accessible(page: Page, state: string): Promise<void> {
  await page.evaluate(axe)
  const found = await page.evaluate(async () => {
    const run = (window as unknown as { axe: { run: (o: object) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> } }).axe.run
    const { violations } = await run({ resultTypes: ['violations'] })
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 160)} ${n.failureSummary ?? ''}`).join(' | ')}`)
  })
  expect(found, `axe on ${state}`).toEqual([])
}

/** Every control at least 88 × 88 px, every text at least 24 px, nothing to scroll. */
export async function fitForOldHands(page: Page, state: string): Promise<void> {
  const wrong = await page.evaluate(() => {
    const bad: string[] = []
    const seen = (e: Element) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
    for (const control of document.querySelectorAll('button, a[href], input, select, textarea, [role=button]')) {
      if (!seen(control)) continue
      const box = control.getBoundingClientRect()
      if (box.width < 87.5 || box.height < 87.5) bad.push(`control ${Math.round(box.width)}×${Math.round(box.height)}: ${control.textContent?.trim().slice(0, 30)}`)
    }
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const parent = node.parentElement
      if (!node.textContent?.trim() || !parent || !seen(parent) || parent.closest('svg, script, style, [aria-hidden=true]')) continue
      const clip = parent.getBoundingClientRect()
      if (clip.width <= 1 || clip.height <= 1) continue // for screen readers only
      const size = Number.parseFloat(getComputedStyle(parent).fontSize)
      if (size < 24) bad.push(`text ${size}px: ${node.textContent.trim().slice(0, 30)}`)
    }
    const root = document.scrollingElement!
    if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) bad.push(`scrolls: ${root.scrollWidth}×${root.scrollHeight}`)
    return bad
  })
  expect(wrong, `kiosk ${state}`).toEqual([])
}
