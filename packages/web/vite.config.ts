import { fileURLToPath } from 'node:url'

import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const server = process.env['NETRA_DEV_SERVER'] ?? 'http://localhost:8000'
const proxied = {
  target: server,
  changeOrigin: true,
  rewriteWsOrigin: true,
  headers: { origin: server },
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // The parts of the page find each other by where they are; the page is told by the server.
  base: './',
  plugins: [react(), tailwind()],
  build: {
    // The theme is written with light-dark(), which these know.
    target: ['chrome123', 'firefox128', 'safari17.5'],
    // A strict policy forbids inline scripts, styles and data: scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: {
      '/api': proxied,
      '/auth': proxied,
      '/oauth': proxied,
      '/health': proxied,
      '/ws': { ...proxied, ws: true },
    },
  },
})
