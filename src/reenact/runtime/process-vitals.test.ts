import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { isRunnable, processVitals } from './process-vitals.ts';

describe('processVitals', () => {
  it.runIf(process.platform === 'linux')(
    'counts the time on a core and the wait for one, no faster than time passes',
    () => {
      const beganMs = performance.now();
      const before = processVitals(process.pid)!;
      let after = before;
      const ranMs = (): number => after.mainRanMs - before.mainRanMs;
      const queuedMs = (): number => after.mainQueuedMs - before.mainQueuedMs;
      // The loop wants a core all the time; what a virtual machine's host takes away is counted nowhere.
      while (ranMs() + queuedMs() < 80 && performance.now() - beganMs < 10_000)
        after = processVitals(process.pid)!;
      expect(queuedMs()).toBeGreaterThanOrEqual(0);
      expect(ranMs() + queuedMs()).toBeGreaterThanOrEqual(80);
      expect(ranMs() + queuedMs()).toBeLessThan(performance.now() - beganMs + 10);
      expect(after.ranMs).toBeGreaterThanOrEqual(before.ranMs);
      expect(isRunnable(process.pid)).toBe(true);
    },
  );

  it.runIf(process.platform === 'linux')('sees that a process was stopped', async () => {
    const child = spawn('sleep', ['30']);
    const pid = child.pid!;
    try {
      expect(processVitals(pid)?.stopped).toBe(false);
      child.kill('SIGSTOP');
      for (let i = 0; i < 100 && processVitals(pid)?.stopped === false; i++) await sleep(10);
      expect(processVitals(pid)?.stopped).toBe(true);
      expect(isRunnable(pid)).toBe(false);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is null for a process that is not there', () => {
    expect(processVitals(2 ** 30)).toBeNull();
  });
});
