import { defineConfig } from '@playwright/test'

// Debian's own Chromium: no download of a browser, and the same one that kiosks run.
// As root it needs --no-sandbox; where only `lo` exists, loopback candidates.
export default defineConfig({
  testDir: 'e2e',
  timeout: 60_000,
  workers: 1,
  reporter: 'list',
  use: {
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
