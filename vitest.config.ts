import { defineConfig } from 'vitest/config'

const LABS = ['lab', 'oracle', 'e2e'].map((folder) => `test/${folder}/**/*.test.ts`)

export default defineConfig({
  // No test changes what its process shares with others, so files need no process of their own.
  test: {
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'all', include: ['test/**/*.test.ts'], exclude: LABS } },
      // There is one lab on a machine: these wait for each other, and for the rest.
      { extends: true, test: { name: 'lab', include: LABS, fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
})
