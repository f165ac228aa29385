import { afterEach, describe, expect, it } from 'vitest';
import { createFaceTracker } from '../track/face-tracker.ts';
import { TrackerPool } from './tracker-pool.ts';

const PICTURE = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 4) };
const frame = (sequence: number) => ({ sequence, ptsMs: 0, captureTimeMs: 0, image: PICTURE });

describe('TrackerPool', () => {
  let started = 0;
  const pool = new TrackerPool({
    create: () => {
      started++;
      return createFaceTracker();
    },
    refillAfterMs: 120_000,
  });
  afterEach(() => pool.close());

  it('lends the thread that one session leaves behind to the next, and never one that is at work', async () => {
    await pool.start();
    const first = await pool.acquire();
    expect((await first.track(frame(0))).face).toBeNull();
    await first.close();
    await first.close();
    await expect(first.track(frame(1))).rejects.toMatchObject({ code: 'CANCELLED' });

    const second = await pool.acquire();
    expect(started).toBe(1);
    const underWay = expect(second.track(frame(2))).rejects.toMatchObject({ code: 'CANCELLED' });
    await second.close();
    await underWay;

    const third = await pool.acquire();
    expect(started).toBe(2);
    expect((await third.track(frame(3))).face).toBeNull();
    await pool.close();
    // Nobody will ask for it again: the thread ends with its session.
    const ended = expect(third.track(frame(4))).rejects.toMatchObject({ code: 'CANCELLED' });
    await third.close();
    await ended;
  });
});
