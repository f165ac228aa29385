import { configDefaults, defineConfig, mergeConfig } from 'vitest/config';
import endToEnd from './vitest.e2e.config.ts';

const config = mergeConfig(endToEnd, defineConfig({}));
if (config.test !== undefined) {
  config.test.include = ['{src,load-tests}/**/*.live.e2e.test.ts'];
  config.test.exclude = [...configDefaults.exclude];
}

/** Whole live sessions, held to their times: minutes long, and meaningful on a machine that does nothing else. */
export default config;
