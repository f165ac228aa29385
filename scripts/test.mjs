/**
 * The set-up with what only tests need, then both test suites, the fast one and the end-to-end one, and then one line
 * with the sum of both. Arguments go to vitest: `npm test -- codec`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './setup/project.mjs';
import { setUpOrExit } from './setup.mjs';

const SUITES = ['vitest.config.ts', 'vitest.e2e.config.ts'];
const filters = process.argv.slice(2);

await setUpOrExit({ server: 'wanted', tests: true });

const total = { passed: 0, failed: 0, skipped: 0 };
let complete = true;
for (const config of SUITES) {
  const summary = runSuite(config);
  if (summary === null) complete = false;
  else for (const key of Object.keys(total)) total[key] += summary[key];
}
if (complete) {
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
} else {
  console.error('\nA test suite ended without a count: see above.');
}
// A filter that matches nothing is a mistake, not a success.
process.exit(complete && total.failed === 0 && total.passed > 0 ? 0 : 1);

/** Null where vitest failed for another reason than a test. */
function runSuite(config) {
  const report = join(ROOT, '.cache', `${config}.json`);
  rmSync(report, { force: true });
  const { status } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--config',
      config,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      '--passWithNoTests',
      ...filters,
    ],
    { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return null;
  }
  // A file that could not even be loaded counts as one failure.
  const unloadable = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  const failed = result.numFailedTests + unloadable;
  if (status !== 0 && failed === 0) return null;
  return { passed: result.numPassedTests, failed, skipped: result.numPendingTests + result.numTodoTests };
}
