// The kiosk's rules as measurements (ux.md 6.7 points 2, 3, 5; look.md 2, 3). Each gives the breaches as lines of text.
import { expect, type Page } from '../guard'
import { axeSource } from './kiosk.fixture'

/** Targets, gaps, text sizes, contrast, main buttons, choices, headings, and nothing cut off or lying over another. */
export function measure(page: Page, spaced = false): Promise<string[]> {
  return page.evaluate((loose) => {
    const wrong: string[] = []
    if (document.documentElement.scrollWidth > innerWidth) wrong.push(`page ${document.documentElement.scrollWidth} px wide`)
    const name = (e: Element) => `${e.tagName.toLowerCase()}.${e.className} "${(e.textContent ?? '').trim().slice(0, 12)}"`
    const drawn = (e: Element) => e.getClientRects().length > 0 && e.getBoundingClientRect().width > 1
    const controls = [...document.querySelectorAll('button, input, a[href], select, textarea')].filter(drawn)
    const boxes = controls.map((b) => b.getBoundingClientRect())
    const clipped = (e: Element) => {
      const scrolls = ['auto', 'scroll'].includes(getComputedStyle(e).overflowY)
      return (!scrolls && e.scrollHeight > e.clientHeight + 2) || e.scrollWidth > e.clientWidth + 2
    }
    boxes.forEach((box, i) => {
      const b = controls[i]!
      if (box.width < 87.5 || box.height < 87.5) wrong.push(`${name(b)} ${Math.round(box.width)}×${Math.round(box.height)}`)
      if (!loose && (box.left < -0.5 || box.top < -0.5 || box.right > innerWidth + 0.5 || box.bottom > innerHeight + 0.5)) wrong.push(`${name(b)} outside the screen`)
      if (b.tagName === 'BUTTON' && clipped(b)) wrong.push(`${name(b)} text cut off ${b.scrollWidth}×${b.scrollHeight} in ${b.clientWidth}×${b.clientHeight}`)
      boxes.slice(i + 1).forEach((other, j) => {
        const o = controls[i + 1 + j]!
        const gap = Math.max(box.left - other.right, other.left - box.right, box.top - other.bottom, other.top - box.bottom)
        if (b.closest('.veil') === o.closest('.veil') && !(loose && (b.closest('main') !== o.closest('main'))) && gap < 23.5) wrong.push(`${name(b)} and ${name(o)} ${Math.round(gap)} apart`)
      })
    })
    const layers = [document.querySelector('main')!, ...document.querySelectorAll('.veil')]
    for (const layer of layers) {
      if (layer.querySelectorAll('.btn.primary').length > 1) wrong.push('two main buttons')
      // The keyboard of the enrolment is one control of many keys.
      const choices = [...layer.querySelectorAll('button')].filter((b) => drawn(b) && !b.classList.contains('key'))
      const many = choices.filter((b) => b.classList.contains('choice') || b.classList.contains('item'))
      if (many.length > 7) wrong.push(`${many.length} choices`)
      if (choices.length - many.length > 3) wrong.push(`${choices.length - many.length} buttons beside the choices`)
    }
    // What a press agrees to is never what gives way to larger text.
    const press = document.querySelector('.press')
    if (press !== null && ![...press.querySelectorAll('.consent, small')].some(drawn)) wrong.push('the consent is not shown')
    const headings = [...document.querySelectorAll('h1')].filter((h) => h.closest('[inert]') === null)
    if (headings.length !== 1) wrong.push(`${headings.length} first headings`)
    const want = document.querySelector('.tools button:last-child')?.textContent?.includes('English') ? 'zh-CN' : 'en'
    if (document.documentElement.lang !== want) wrong.push(`lang ${document.documentElement.lang}`)

    type Colour = [number, number, number, number]
    const parse = (text: string): Colour => {
      const n = (/rgba?\(([^)]+)\)/.exec(text)?.[1] ?? '0 0 0 0').split(/[\s,/]+/).filter(Boolean).map(Number)
      return [n[0] ?? 0, n[1] ?? 0, n[2] ?? 0, n[3] ?? 1]
    }
    const over = (top: Colour, below: Colour): Colour => [0, 1, 2].map((i) => top[i]! * top[3] + below[i]! * (1 - top[3])).concat(1) as Colour
    const light = (c: Colour) => [0, 1, 2].map((i) => c[i]! / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i]!, 0)
    const ratio = (a: Colour, b: Colour) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05)
    /** What lies under an element; a picture may be anything, so both ends count. */
    const grounds = (e: Element): Colour[] => {
      const layersOver: Colour[] = []
      for (let at: Element | null = e; at !== null; at = at.parentElement) {
        const c = parse(getComputedStyle(at).backgroundColor)
        if (c[3] > 0) layersOver.push(c)
        if (c[3] === 1) break
        if (at.matches('.view, .mat-view')) break
      }
      const ends: Colour[] = layersOver.at(-1)?.[3] === 1 ? [layersOver.pop()!] : [[0, 0, 0, 1], [255, 255, 255, 1]]
      return ends.map((end) => layersOver.reduceRight((below, top) => over(top, below), end))
    }
    const walker = document.createTreeWalker(document.querySelector('#app')!, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const e = node.parentElement!
      if ((node.textContent ?? '').trim() === '' || !drawn(e)) continue
      const style = getComputedStyle(e)
      if (Number.parseFloat(style.fontSize) < 23.9) wrong.push(`${name(e)} text below 24 px`)
      for (const ground of grounds(e)) {
        const r = ratio(over(parse(style.color), ground), ground)
        if (r < 6.995) wrong.push(`${name(e)} contrast ${r.toFixed(2)}`)
      }
    }
    for (const e of document.querySelectorAll('main, main section, main .card, main .win, main .trouble, .veil > *, .top .id, .foot')) {
      if (drawn(e) && clipped(e)) wrong.push(`${name(e)} content cut off ${e.scrollWidth}×${e.scrollHeight} in ${e.clientWidth}×${e.clientHeight}`)
    }
    for (const e of document.querySelectorAll('.veil > *')) {
      const box = e.getBoundingClientRect()
      const veil = e.parentElement!.getBoundingClientRect()
      if (!loose && (box.top < veil.top - 0.5 || box.bottom > veil.bottom + 0.5)) wrong.push(`${name(e)} over header or footer`)
    }
    for (const e of document.querySelectorAll('main > section')) if (!loose && e.scrollHeight > e.clientHeight + 2) wrong.push(`${name(e)} scrolls ${e.scrollHeight} in ${e.clientHeight}`)
    // Blocks of a page must not lie over each other.
    const blocks = [...document.querySelectorAll('main > section > *')].filter((e) => e.getBoundingClientRect().width > 1)
    blocks.forEach((a, i) => {
      const x = a.getBoundingClientRect()
      if (!loose && x.bottom > document.querySelector('footer')!.getBoundingClientRect().top + 0.5) wrong.push(`${name(a)} under the footer`)
      for (const b of blocks.slice(i + 1)) {
        const y = b.getBoundingClientRect()
        if (x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1) wrong.push(`${name(a)} over ${name(b)}`)
      }
    })
    // Nothing lies over another, wherever it stands: controls, panels, and each line of text by its letters.
    interface Piece { e: Element; kind: string; left: number; right: number; top: number; bottom: number }
    const seen = (e: Element) => drawn(e) && getComputedStyle(e).visibility !== 'hidden'
    const piece = (e: Element, kind: string, box: DOMRect, cut = 0): Piece => ({ e, kind, left: box.left, right: box.right, top: box.top + cut, bottom: box.bottom - cut })
    const pieces = controls.filter(seen).map((e) => piece(e, 'control', e.getBoundingClientRect()))
    for (const e of document.querySelectorAll('#app :is(.win, .card, .trouble, .mat-view, .caption, .plate, .verdict, .third, .steps, .broke)')) if (seen(e)) pieces.push(piece(e, 'panel', e.getBoundingClientRect()))
    const texts = document.createTreeWalker(document.querySelector('#app')!, NodeFilter.SHOW_TEXT)
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      const e = node.parentElement!
      if ((node.textContent ?? '').trim() === '' || !seen(e) || e.closest('h1')?.getBoundingClientRect().width === 1) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      // A line's box is higher than its letters, and lines of one sentence may stand close.
      const size = Number.parseFloat(getComputedStyle(e).fontSize)
      // The header ends a long name with an ellipsis.
      const right = getComputedStyle(e).overflowX === 'hidden' ? e.getBoundingClientRect().right : Infinity
      for (const box of range.getClientRects()) {
        const line = piece(e, 'text', box, Math.max(0, (box.height - size) / 2))
        pieces.push({ ...line, right: Math.min(line.right, right) })
      }
    }
    const foot = document.querySelector('footer')!.getBoundingClientRect().top
    for (const p of pieces) {
      if (loose || p.e.closest('main') === null) continue
      if (p.bottom > foot + 0.5) wrong.push(`${p.kind} ${name(p.e)} under the footer`)
      if (p.right > innerWidth + 0.5 || p.left < -0.5) wrong.push(`${p.kind} ${name(p.e)} beside the screen`)
    }
    const place = (e: Element) => e.closest('.veil') ?? e.closest('main, header, footer')
    pieces.forEach((a, i) => {
      for (const b of pieces.slice(i + 1)) {
        if (a.left >= b.right - 1 || b.left >= a.right - 1 || a.top >= b.bottom - 1 || b.top >= a.bottom - 1) continue
        if (a.e.contains(b.e) || b.e.contains(a.e)) continue
        const [x, y] = [place(a.e), place(b.e)]
        if (x !== y && (loose || x?.matches('.veil') === true || y?.matches('.veil') === true)) continue
        wrong.push(`${a.kind} ${name(a.e)} over ${b.kind} ${name(b.e)}`)
      }
    })
    return [...new Set(wrong)]
  }, spaced)
}

/** Text spacing as WCAG 1.4.12 lets a reader set it. */
export async function spaced(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('#app * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } #app p { margin-bottom: 2em !important; }')
    document.adoptedStyleSheets = [sheet]
  })
  const wrong = await measure(page, true)
  await page.evaluate(() => {
    document.adoptedStyleSheets = []
  })
  return wrong.map((w) => `spaced: ${w}`)
}

/** Tab goes round every control that can be used, each with a ring, and comes back to the first. */
export async function keyboard(page: Page): Promise<string[]> {
  const all = await page.evaluate(() => {
    ;(document.activeElement as HTMLElement | null)?.blur()
    const usable = [...document.querySelectorAll<HTMLElement>('button:not([disabled]), input, a[href]')].filter((e) => e.getClientRects().length > 0 && e.closest('[inert]') === null)
    usable.forEach((e, i) => (e.dataset.tab = String(i)))
    return usable.length
  })
  const seen = new Set<string>()
  const wrong: string[] = []
  for (let i = 0; i < all + 3 && seen.size < all; i++) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate(() => {
      const e = document.activeElement as HTMLElement | null
      if (e === null || e.dataset.tab === undefined) return undefined
      const style = getComputedStyle(e)
      return { tab: e.dataset.tab, text: e.textContent?.trim().slice(0, 12) ?? '', ring: style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2 }
    })
    if (at === undefined) continue
    seen.add(at.tab)
    if (!at.ring) wrong.push(`no ring on "${at.text}"`)
  }
  if (seen.size < all) wrong.push(`Tab reaches ${seen.size} of ${all}`)
  await page.evaluate(() => {
    for (const e of document.querySelectorAll<HTMLElement>('[data-tab]')) delete e.dataset.tab
    ;(document.activeElement as HTMLElement | null)?.blur()
  })
  return wrong
}

/** Violations that axe finds, the enhanced contrast among them. */
export async function axe(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const tool = (globalThis as unknown as { axe: { run: (o: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe
    const result = await tool.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: { 'color-contrast-enhanced': { enabled: true } } })
    return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`)
  })
}

const setSize = (page: Page, text: string) => page.evaluate((t) => {
  document.documentElement.dataset.size = t
}, text)

/** The same page with another content: same title, same controls. */
export const variants = new Set(['materials-many', 'closed-scheduled', 'closed-ways', 'idle-scheduled', 'waiting-callback', 'waiting-unsure', 'third', 'capture-third', 'idle-busy', 'idle-nobody', 'waiting-next', 'waiting-late', 'parked', 'late', 'lost', 'broke', 'retake', 'shot', 'summary-wait', 'summary-lost', 'matter-none'])

/** All rules on what is drawn now: three text sizes, both languages, spacing, keyboard; axe at each size, and once in English; and pictures to look at. */
export async function rules(page: Page, name: string, suffix: string, titles?: Map<string, string>): Promise<string[]> {
  const wrong: string[] = []
  const note = (where: string, found: string[]) => wrong.push(...found.map((w) => `${name}${suffix} ${where}: ${w}`))
  await page.evaluate(() => document.fonts.ready)
  await expect.poll(() => page.evaluate(() => [...document.querySelectorAll('video')].every((v) => !(v.srcObject instanceof MediaStream) || v.srcObject.getVideoTracks().length === 0 || v.videoWidth > 0))).toBe(true)
  const title = await page.title()
  if (titles !== undefined) {
    const other = [...titles].find(([, t]) => t === title)?.[0]
    if (other !== undefined) note('title', [`same as ${other}: ${title}`])
    titles.set(name, title)
  }
  for (const lang of ['zh', 'en']) {
    if (lang === 'en') await page.locator('.tools button').last().click()
    for (const text of ['m', 'l', 'xl']) {
      await setSize(page, text)
      note(`${lang} ${text}`, await measure(page))
      if (lang === 'zh' || text === 'm') note(`${lang} ${text} axe`, await axe(page))
      if (lang === 'zh' && text !== 'l') await page.screenshot({ path: `shots/kiosk-${name}${suffix}${text === 'm' ? '' : `-${text}`}.png` })
    }
    await setSize(page, 'm')
    note(lang, await spaced(page))
  }
  await page.locator('.tools button').last().click()
  if (!variants.has(name)) note('keys', await keyboard(page))
  return wrong
}
