import { configDefaults, defineConfig } from 'vitest/config';
import { endToEnd } from './vitest.e2e.config.ts';

/** Whole live sessions, held to their times: minutes long, and meaningful on a machine that does nothing else. */
export default defineConfig({
  test: {
    ...endToEnd,
    include: ['{src,load-tests}/**/*.live.e2e.test.ts'],
    exclude: [...configDefaults.exclude],
    poolOptions: { forks: { singleFork: true } },
  },
});
