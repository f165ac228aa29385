import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { mediasoupWorkerPath } from './scripts/setup/mediasoup-worker.mjs';

/** Everything that talks WebRTC; the pipeline from files, and the set-up itself, need no media server. */
const LIVE = ['src/*.e2e.test.ts', '{src/sfu,src/gateway,src/client,load-tests,deploy}/**/*.e2e.test.ts'];
/** What waits for servers, players and connections more than it computes: two at a time leave each other time enough. */
const WAITING = ['{src/sfu,src/reenact/live}/**/*.e2e.test.ts', 'src/gateway/*.e2e.test.ts'];
/** What is held to times and needs the whole machine for them: studios in browsers, sessions, threads. */
const TIMED = [
  'src/*.e2e.test.ts',
  '{src/client,load-tests}/**/*.e2e.test.ts',
  'src/reenact/runtime/{generator,tracker-pool}.e2e.test.ts',
];
/** What takes longest, longest first: begun last, it would leave the other processor idle until its end. */
const LONGEST = [
  'models/training/loki/loki.e2e.test.ts',
  'models/training/smoke.e2e.test.ts',
  'src/cli/fidelity.e2e.test.ts',
  'src/reenact/track/face-tracker.e2e.test.ts',
  'src/cli/generator.e2e.test.ts',
  'src/cli/evaluate/evaluate.e2e.test.ts',
  'src/sfu/browser.e2e.test.ts',
  'src/cli/animate.e2e.test.ts',
  'src/reenact/fit/frame-fitter.e2e.test.ts',
  'src/cli/render-training.e2e.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((path) => moduleId.endsWith(path));
      return index < 0 ? LONGEST.length : index;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

const worker = mediasoupWorkerPath();
if (worker === null) {
  process.stderr.write(
    "\nSKIPPED: every end-to-end test of the live server, for want of mediasoup's media server. " +
      'Run `npm run setup`, which gets it or says what is missing.\n',
  );
}

/** What end-to-end tests need, whether they are `npm test`'s or `npm run test:live`'s. */
export const endToEnd = {
  // Read when mediasoup is imported.
  env: worker === null ? {} : { MEDIASOUP_WORKER_BIN: worker },
  testTimeout: 180_000,
  hookTimeout: 180_000,
  // Real browsers and clocks on a shared machine: a fault shows twice.
  retry: 1,
  pool: 'forks',
} as const;
const exclude = [...configDefaults.exclude, '**/*.live.e2e.test.ts', ...(worker === null ? LIVE : [])];

/**
 * End-to-end tests: real worker threads, child processes, codecs, browsers and files. Those that may take their time run
 * two at a time, then those that mostly wait, likewise, then those that are held to times one by one, with the machine to
 * themselves. Whole live sessions (`*.live.e2e.test.ts`) are `npm run test:live`'s.
 */
export default defineConfig({
  test: {
    poolOptions: { forks: { minForks: 1, maxForks: 2 } },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...endToEnd,
          name: 'untimed',
          include: ['{src,models,deploy,load-tests}/**/*.e2e.test.ts'],
          exclude: [...exclude, ...WAITING, ...TIMED],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...endToEnd,
          name: 'waiting',
          include: WAITING,
          exclude,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...endToEnd,
          name: 'timed',
          include: TIMED,
          exclude,
          poolOptions: { forks: { singleFork: true } },
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
