import { describe, expect, it } from 'vitest';
import { nextWaits, type Waits } from './lip-sync.ts';

/** Buffers that reach their targets a few steps later, as a browser's do. */
function settle(pictureMs: number, soundMs: number, steps: number): { skewMs: number; waits: Waits } {
  let waits: Waits = { pictureMs: 0, soundMs: 0 };
  let [picture, sound] = [0, 0];
  let skewMs = 0;
  for (let i = 0; i < steps; i++) {
    picture += 0.5 * (waits.pictureMs - picture);
    sound += 0.5 * (waits.soundMs - sound);
    skewMs = soundMs + sound - (pictureMs + picture);
    waits = nextWaits(waits, skewMs);
  }
  return { skewMs, waits };
}

describe('lip sync', () => {
  it('has the picture wait for sound that comes later, and only the picture', () => {
    const { skewMs, waits } = settle(110, 200, 30);
    expect(Math.abs(skewMs)).toBeLessThan(15);
    expect(waits.soundMs).toBe(0);
  });

  it('has sound wait for a picture that comes later', () => {
    const { skewMs, waits } = settle(300, 180, 30);
    expect(Math.abs(skewMs)).toBeLessThan(15);
    expect(waits.pictureMs).toBe(0);
  });

  it('leaves alone what nobody notices, and bounds what it can not mend', () => {
    expect(nextWaits({ pictureMs: 40, soundMs: 0 }, 6)).toEqual({ pictureMs: 40, soundMs: 0 });
    expect(settle(100, 5000, 200).waits.pictureMs).toBe(200);
  });
});
