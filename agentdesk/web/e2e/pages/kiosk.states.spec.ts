import { expect, test } from '../guard'
import { agent, state, ticket } from './kiosk.fixture'
import { named, open, shown } from './kiosk.states'

// What a state says beside its rules: every fault in words, and no word that is not so.

test('a kiosk that was replaced says so and takes over only when touched', async ({ page }) => {
  const server = await open(page, shown[0]!)
  server.bye('replaced')
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'fault')
  await page.getByText('在这里继续').click()
  await expect(page.getByTestId('kiosk-state')).toHaveAttribute('data-state', 'idle')
})

test('a rejected page is amber with a word and no page more stands beside it than is asked for', async ({ page }) => {
  await open(page, named('retake'))
  await expect(page.locator('.verdict.no')).toContainText('有反光')
  await expect(page.locator('.steps li')).toHaveCount(2)
  await expect(page.locator('.steps li').first()).toHaveClass('retake')
  await expect(page.locator('.steps li').first()).toContainText('需补拍')
  await expect(page.locator('.steps .cur .n')).toHaveText('1')
})

test('without the queue neither the question nor the number names a place', async ({ page }) => {
  const server = await open(page, { name: '', state: state({ state: 'waiting', ticket: { ...ticket, ahead: 0, enqueued: false } }), as: 'waiting' })
  await expect(page.getByTestId('kiosk-position')).toHaveText('排队系统正在恢复，您的号留着')
  server.push(state({ state: 'waiting', ticket: { ...ticket, id: 't2', who: 'self', ahead: 0, enqueued: false } }))
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('排队系统正在恢复，您的号留着')
  await expect(page.getByText('下一个就是您')).toHaveCount(0)
})

test('a lost desk is grey and said; back in the queue the page says so until it rings', async ({ page }) => {
  const talking = { ...ticket, who: 'self' } as const
  const server = await open(page, { name: '', state: state({ state: 'call', ticket: talking, agent, agent_lost: true }), as: 'call' })
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('对方网络断了，请稍等，马上回来。')
  await expect(page.getByText('能听到您说话')).toHaveCount(0)
  await expect(page.getByTestId('kiosk-remote-video')).toHaveCSS('filter', 'grayscale(1)')
  server.push(state({ state: 'waiting', ticket: talking }))
  await expect(page.locator('.broke')).toHaveText('刚才断线了，您的号还在，马上换一位工作人员。')
  server.push(state({ state: 'ringing', ticket: talking, agent }))
  server.push(state({ state: 'waiting', ticket: talking }))
  await expect(page.locator('.ticket')).toBeVisible()
  await expect(page.locator('.broke')).toHaveCount(0)
})

test('without camera and microphone nobody is told to talk', async ({ page }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => new Promise((_, reject) => setTimeout(() => reject(new DOMException('', 'NotFoundError')), 50))
  })
  const server = await open(page, { name: '', state: state({ state: 'call', ticket: { ...ticket, who: 'self' }, agent }), as: 'call' })
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('话筒没有接好')
  await expect(page.getByText('请说句话试试')).toHaveCount(0)
  server.push(state())
  await expect(page.locator('.trouble')).toContainText('请叫专员帮忙')
  await expect(page.locator('.trouble')).not.toContainText('先说话')
})

test('media that does not come up is said in the call', async ({ page }) => {
  await open(page, { name: '', state: state({ state: 'call', ticket: { ...ticket, who: 'self' }, agent, media_late: true }), as: 'call' })
  await expect(page.locator('.caption')).toHaveText('画面还没有来，工作人员正在处理。可以叫专员帮忙。')
})
