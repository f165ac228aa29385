import { defineConfig } from 'vitest/config';

/** End-to-end tests: real worker threads, child processes, codecs and files. One at a time: they are heavy. */
export default defineConfig({
  test: {
    include: ['src/**/*.e2e.test.ts', 'models/**/*.e2e.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    poolOptions: { forks: { singleFork: true } },
  },
});
