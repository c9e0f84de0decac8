import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'packages/**/*.test.{ts,tsx}',
      'tests/**/*.test.ts',
      'eval/**/*.test.ts',
      'requirements/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 4,
    reporters: ['default', './tests/closing-line.ts'],
  },
})
