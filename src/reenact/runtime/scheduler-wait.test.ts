import { describe, expect, it } from 'vitest';
import { schedulerWaitMs } from './scheduler-wait.ts';

describe('schedulerWaitMs', () => {
  it.runIf(process.platform === 'linux')('only grows, and no faster than time passes', () => {
    const began = performance.now();
    const before = schedulerWaitMs(process.pid);
    for (let until = performance.now() + 30; performance.now() < until; );
    const waited = schedulerWaitMs(process.pid) - before;
    expect(waited).toBeGreaterThanOrEqual(0);
    expect(waited).toBeLessThanOrEqual(performance.now() - began + 1);
  });

  it('is 0 for a process that is not there', () => {
    expect(schedulerWaitMs(2 ** 30)).toBe(0);
  });
});
