import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from './server-clock.ts';

/** How much the server's clock is ahead of this one. */
const AHEAD_MS = 5_000;

describe("the server's clock", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  /** Answers that take `waysMs` there and back again, one pair after another, the last pair for good. */
  function clockOf(waysMs: readonly (readonly [number, number])[]) {
    let asked = 0;
    const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const clock = new ServerClock(Date.now, async () => {
      const [there, back] = waysMs[Math.min(asked++, waysMs.length - 1)];
      await sleep(there);
      const serverMs = Date.now() + AHEAD_MS;
      await sleep(back);
      return { serverMs };
    });
    return { clock, asked: () => asked };
  }

  it('is unknown before the first answer, and then that of the quickest of the last eight', async () => {
    const { clock } = clockOf([
      [39, 1],
      [10, 10],
      [1, 89],
    ]);
    expect(clock.offsetMs).toBeNull();
    clock.start();
    await vi.advanceTimersByTimeAsync(41);
    expect([clock.offsetMs, clock.roundTripMs]).toEqual([AHEAD_MS + 19, 40]);
    await vi.advanceTimersByTimeAsync(100);
    expect([clock.offsetMs, clock.roundTripMs]).toEqual([AHEAD_MS, 20]);
    // Eight more exchanges, and the quick one is forgotten.
    await vi.advanceTimersByTimeAsync(40_000);
    expect([clock.offsetMs, clock.roundTripMs]).toEqual([AHEAD_MS - 44, 90]);
    clock.stop();
  });

  it('asks in a burst and then now and then, and no more once it is stopped', async () => {
    const { clock, asked } = clockOf([[1, 1]]);
    clock.start();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked()).toBe(8);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(asked()).toBe(10);
    clock.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked()).toBe(10);
    expect(clock.offsetMs).toBe(AHEAD_MS);
  });
});
