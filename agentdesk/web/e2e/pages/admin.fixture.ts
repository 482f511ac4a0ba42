import { expect, type Page } from '../guard'
import { adminServer, type AdminServer } from '../fixtures/admin'
import * as axe from '../fixtures/axe'

// The administration over a server of paper.

export const sections = ['people', 'stations', 'affinity', 'hours', 'numbers', 'matters', 'audit'] as const
export type Section = (typeof sections)[number]

export const ready = (page: Page) => expect(page.getByTestId('admin-section')).toHaveAttribute('data-phase', 'ready')
export const holds = (page: Page, name: string) => axe.holds(page, name, { face: 'admin' })

/** Opens a section; `plan` tells the server what to answer before the page asks. */
export async function visit(page: Page, section: Section, plan?: (server: AdminServer) => void): Promise<AdminServer> {
  const server = await adminServer(page)
  plan?.(server)
  await page.goto(`/admin.html#${section}`)
  return server
}

/** Opens a section that loads. */
export async function open(page: Page, section: Section = 'people'): Promise<AdminServer> {
  const server = await visit(page, section)
  await ready(page)
  return server
}
