/** Every section of the administration over a server of paper, in each theme and text size, in Chinese and English. */
import { allow, expect, test } from '../guard'
import { adminServer } from '../fixtures/admin'
import { holds, open, ready, sections } from './admin.fixture'

// Six cells each: a second on a quiet machine, many on a busy one.
test.describe.configure({ timeout: 120_000 })
test.use({ viewport: { width: 1366, height: 768 } })

for (const section of sections) {
  test(`${section}, in both languages`, async ({ page }) => {
    await open(page, section)
    await holds(page, section)
    await page.getByRole('button', { name: 'English' }).click()
    await holds(page, `${section}-en`)
  })
}

test('log-in: opening, fresh, wrong password, no administrator', async ({ page }) => {
  test.slow()
  allow(/status of 40[13]/)
  await adminServer(page, false)
  await page.route('**/api/admin/me', () => undefined)
  await page.goto('/admin.html')
  await expect(page.locator('main [role=status]')).toBeVisible()
  await holds(page, 'opening')
  await page.unroute('**/api/admin/me')
  await page.reload()
  await expect(page.getByTestId('admin-user')).toBeVisible()
  await holds(page, 'login')
  for (const [user, password, code] of [['root', 'wrong', 'bad_login'], ['agent3', 'demo', 'not_admin']] as const) {
    await page.getByTestId('admin-user').fill(user)
    await page.getByTestId('admin-password').fill(password)
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('admin-failure')).toHaveAttribute('data-code', code)
    await holds(page, `login-${code}`)
  }
  await page.getByTestId('admin-user').fill('root')
  await page.getByTestId('admin-password').fill('demo')
  await page.keyboard.press('Enter')
  await ready(page)
})
