import { execFileSync } from 'node:child_process'
import { defineConfig } from '@playwright/test'

// A port that is free now, found once: workers read this file again and inherit it.
const free = `const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close() })`
const port = (process.env.REMOTEWINDOW_PAGES_PORT ??= execFileSync(process.execPath, ['-e', free], { encoding: 'utf8' }).trim())
const pages = `http://127.0.0.1:${port}`

// Debian's own Chromium: no download of a browser, and the same one that kiosks run.
// As root it needs --no-sandbox; where only `lo` exists, loopback candidates.
export default defineConfig({
  timeout: 60_000,
  workers: 1,
  reporter: 'list',
  projects: [
    { name: 'pages', testDir: 'e2e/pages' },
    // Two browsers, a server and video on two cores: what is seen at once elsewhere may take seconds.
    { name: 'stories', testDir: 'e2e/stories', expect: { timeout: 15_000 } },
  ],
  webServer: { command: 'node node_modules/vite/bin/vite.js preview --strictPort --host 127.0.0.1 --port ' + port, url: `${pages}/kiosk.html`, reuseExistingServer: false },
  use: {
    baseURL: pages,
    launchOptions: {
      executablePath: process.env.REMOTEWINDOW_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--allow-loopback-in-peer-connection',
        '--use-fake-device-for-media-stream=device-count=2',
        '--use-fake-ui-for-media-stream',
      ],
    },
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
  },
})
