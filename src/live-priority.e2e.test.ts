import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const LIVE = fileURLToPath(new URL('live-priority.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const AUTOGROUP = '/proc/self/autogroup';

/** Runs it in a session of its own; prints the nice values of process and session while it runs. */
function claim(before = ''): { process: number; session: string } {
  const script = `
    import { readFileSync } from 'node:fs';
    import { getPriority, setPriority } from 'node:os';
    import { claimLivePriority } from ${JSON.stringify(LIVE)};
    ${before}
    claimLivePriority();
    console.log(JSON.stringify({ process: getPriority(), session: readFileSync('${AUTOGROUP}', 'utf8').trim() }));`;
  const { stdout, stderr, status } = spawnSync(
    'setsid',
    ['--wait', process.execPath, '--import', 'tsx', '--input-type=module', '-e', script],
    { encoding: 'utf8', cwd: ROOT },
  );
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** As in most containers, and on few desks. */
const mayClaim = existsSync(AUTOGROUP) && process.getuid?.() === 0 && getPriority() === 0;

describe.runIf(mayClaim)('priority of the live server', () => {
  it('goes before ordinary programs, in its session and among sessions, and leaves others as they were', () => {
    const before = readFileSync(AUTOGROUP, 'utf8');
    const { process: nice, session } = claim();
    expect(nice).toBe(-10);
    expect(session).toMatch(/nice -10$/);
    expect(readFileSync(AUTOGROUP, 'utf8')).toBe(before);
    expect(getPriority()).toBe(0);
  });

  it('keeps the priority that somebody has given the process', () => {
    const { process: nice, session } = claim('setPriority(3);');
    expect(nice).toBe(3);
    expect(session).toMatch(/nice 0$/);
  });
});
