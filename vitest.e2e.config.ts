import { configDefaults, defineConfig } from 'vitest/config';
import { mediasoupWorkerPath } from './scripts/setup/mediasoup-worker.mjs';

/** Everything that talks WebRTC; the pipeline from files, and the set-up itself, need no media server. */
const LIVE = ['src/*.e2e.test.ts', '{src/sfu,src/gateway,src/client,load-tests,deploy}/**/*.e2e.test.ts'];

const worker = mediasoupWorkerPath();
if (worker === null) {
  process.stderr.write(
    "\nSKIPPED: every end-to-end test of the live server, for want of mediasoup's media server. " +
      'Run `npm run setup`, which gets it or says what is missing.\n',
  );
}

/**
 * End-to-end tests: real worker threads, child processes, codecs, browsers and files. One at a time: they are heavy.
 * Those that hold a whole live session to its times (`*.live.e2e.test.ts`) are `npm run test:live`'s.
 */
export default defineConfig({
  test: {
    include: ['{src,models,deploy,load-tests}/**/*.e2e.test.ts'],
    exclude: [...configDefaults.exclude, '**/*.live.e2e.test.ts', ...(worker === null ? LIVE : [])],
    // Read when mediasoup is imported.
    env: worker === null ? {} : { MEDIASOUP_WORKER_BIN: worker },
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Real browsers and clocks on a shared machine: a fault shows twice.
    retry: 1,
    pool: 'forks',
    poolOptions: { forks: { singleFork: true } },
  },
});
