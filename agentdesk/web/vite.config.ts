import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { policy } from './policy.gen.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// The server that the pages talk to while `npm run dev` serves them.
const server = process.env.REMOTEWINDOW_DEV_SERVER ?? 'http://127.0.0.1:8080'

// The page specs run under the policy that the server sends.
const strict: Plugin = {
  name: 'policy',
  configurePreviewServer(preview) {
    preview.middlewares.use((request, response, next) => {
      response.setHeader('Content-Security-Policy', policy.replaceAll('HOST', request.headers.host ?? ''))
      next()
    })
  },
}

export default defineConfig({
  plugins: [vue(), strict],
  resolve: { alias: { '@': here('./src') } },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  build: {
    target: 'chrome90',
    outDir: 'dist',
    // public/.gitkeep comes back as dist/.gitkeep, so that the Go embedding finds the folder in a fresh clone.
    emptyOutDir: true,
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { kiosk: here('./kiosk.html'), desk: here('./desk.html'), board: here('./board.html'), admin: here('./admin.html') },
    },
  },
  worker: { format: 'es' },
  server: {
    proxy: {
      '/api': { target: server },
      '/ws': { target: server, ws: true },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    restoreMocks: true,
  },
})
