import { defineConfig } from 'vitest/config';
import { mediasoupWorkerPath } from './scripts/setup/mediasoup-worker.mjs';

const worker = mediasoupWorkerPath();

/** Fast tests that stand beside the code; the slow ones with real processes are `*.e2e.test.ts`. */
export default defineConfig({
  test: {
    include: ['{src,models,deploy,load-tests}/**/*.test.ts'],
    exclude: ['**/*.e2e.test.ts', '**/node_modules/**'],
    // Read when mediasoup is imported.
    env: worker === null ? {} : { MEDIASOUP_WORKER_BIN: worker },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    poolOptions: { forks: { minForks: 1, maxForks: 2, isolate: false } },
  },
});
