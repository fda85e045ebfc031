import { defineConfig } from 'vitest/config'

export default defineConfig({
  // No test changes what its process shares with others, so files need no process of their own.
  test: { include: ['test/**/*.test.ts'], isolate: false, testTimeout: 20_000, hookTimeout: 60_000 },
})
