import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'reference/**/*.test.ts'],
    // Worker threads of the kernel pool live beside the test workers: two files at a time on two cores.
    maxWorkers: 2,
    testTimeout: 120_000,
  },
});
