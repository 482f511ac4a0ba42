import { expect, type Page } from '../guard'
import * as desk from '../fixtures/desk'
import { paperServer, type PaperServer } from '../fixtures/server'
import * as axe from '../fixtures/axe'

// The desk of agent3 over a server of paper.

/** Opens the desk; `first` is the state that the server pushes after its welcome. */
export async function open(page: Page, first?: () => unknown, signedIn = true, refuse = ''): Promise<PaperServer> {
  const server = await paperServer(page, {
    face: 'desk', user: desk.user, signedIn, info: desk.info, catalogue: desk.catalogue, pages: desk.pages, why: desk.explained(), refuse,
    first: first && (() => ({ type: 'desk.state', body: first() })),
  })
  await page.goto('/desk.html')
  return server
}

export const state = (page: Page) => page.getByTestId('desk-state')
export const shot = (page: Page, name: string) => (process.env.REMOTEWINDOW_SHOTS ? page.screenshot({ path: `${process.env.REMOTEWINDOW_SHOTS}/desk-${name}.png` }) : undefined)
export const holds = (page: Page, name: string) => axe.holds(page, name, { face: 'desk' })

/** Signs in by the form. */
export async function signIn(page: Page, password = 'demo'): Promise<void> {
  await page.getByTestId('desk-user').fill('agent3')
  await page.getByTestId('desk-password').fill(password)
  await page.getByTestId('desk-login').click()
}

/** A page of the call that the viewer shows. */
export const paperShown = (page: Page) => expect(page.getByTestId('desk-page')).toBeVisible()
