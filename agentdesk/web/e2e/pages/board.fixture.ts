import type { Page } from '../guard'
import * as fixture from '../fixtures/board'
import * as desk from '../fixtures/desk'
import { paperServer, type PaperServer } from '../fixtures/server'
import * as axe from '../fixtures/axe'

// The supervisor's board over a server of paper.

/** Lays the server under the board and opens its log-in; `first` gives what the server pushes after its welcome, undefined nothing; `theme` is what was chosen on this machine, '' nothing. */
export async function closed(page: Page, first: () => unknown = fixture.board, theme = 'system'): Promise<PaperServer> {
  const server = await paperServer(page, {
    face: 'board', user: fixture.user, signedIn: false, info: desk.info, catalogue: desk.catalogue, why: fixture.explained(),
    first: () => {
      const body = first()
      return body ? { type: 'board', body } : undefined
    },
  })
  if (theme) await page.addInitScript((choice) => localStorage.setItem('rw.board.theme', choice), theme)
  await page.goto('/board.html')
  return server
}

export async function signIn(page: Page, password = 'demo'): Promise<void> {
  await page.getByTestId('board-user').fill('supervisor')
  await page.getByTestId('board-password').fill(password)
  await page.getByTestId('board-login').click()
}

/** Opens the board; `first` is what the server pushes after its welcome. */
export async function open(page: Page, first?: () => unknown, theme?: string): Promise<PaperServer> {
  const server = await closed(page, first, theme)
  await signIn(page)
  return server
}

/** A wall with large text scrolls inside, so that the page as a whole never does. */
export const holds = (page: Page, name: string) => axe.holds(page, name, { face: 'board' })
