// One build: the app under /static/assets, its service worker, and a list for the server (static/.vite/manifest.json).
import { svelte } from '@sveltejs/vite-plugin-svelte'
import tailwindcss from '@tailwindcss/vite'
import { defineConfig } from 'vitest/config'
import { catalogs } from './build/catalog.js'
import { lean, serviceWorker } from './build/worker.ts'

const office = process.env.TUYEN_OFFICE ?? 'http://127.0.0.1:8000'

export default defineConfig({
  base: '/static/',
  resolve: { alias: lean },
  plugins: [catalogs(), tailwindcss(), svelte(), serviceWorker()],
  worker: { format: 'es' },
  server: { proxy: { '/api': office } },
  build: {
    outDir: 'static',
    manifest: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: { input: 'src/main.ts' },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node', setupFiles: ['src/lib/testing.ts'], testTimeout: 30_000 }, // two busy cores may be slow; nothing here measures time
})
