import { defineConfig } from 'vitest/config';

/** Fast tests that stand beside the code; the slow ones with real processes are `*.e2e.test.ts`. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'models/**/*.test.ts'],
    exclude: ['**/*.e2e.test.ts', '**/node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    poolOptions: { forks: { minForks: 1, maxForks: 2 } },
  },
});
