import { defineConfig } from '@playwright/test'

// Debian's own Chromium: no download of a browser, and the same one that kiosks run.
// As root it needs --no-sandbox; where only `lo` exists, loopback candidates.
export default defineConfig({
  timeout: 60_000,
  workers: 1,
  reporter: 'list',
  projects: [
    { name: 'pages', testDir: 'e2e/pages' },
    { name: 'stories', testDir: 'e2e/stories' },
  ],
  webServer: { command: 'node node_modules/vite/bin/vite.js preview --port 4179 --strictPort --host 127.0.0.1', url: 'http://127.0.0.1:4179/kiosk.html', reuseExistingServer: true },
  use: {
    baseURL: 'http://127.0.0.1:4179',
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
