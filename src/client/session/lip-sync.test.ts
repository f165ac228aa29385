import { describe, expect, it } from 'vitest';
import { NO_WAITS, nextWaits, type Waits } from './lip-sync.ts';

/** How old picture and sound are as they come, and what a browser that evens out adds to a picture that waits. */
interface Ages {
  readonly pictureMs: number;
  readonly soundMs: number;
  readonly evenedMs: number;
}

interface Step {
  readonly skewMs: number;
  readonly waits: Waits;
}

/** Buffers that reach their targets a few steps later, as a browser's do. */
function play({ pictureMs, soundMs, evenedMs }: Ages, steps: number): Step[] {
  let waits = NO_WAITS;
  let [picture, sound] = [0, 0];
  return Array.from({ length: steps }, () => {
    const target = waits.pictureMs === 0 ? 0 : Math.max(waits.pictureMs, evenedMs);
    picture += 0.5 * (target - picture);
    sound += 0.5 * (waits.soundMs - sound);
    const skewMs = soundMs + sound - (pictureMs + picture);
    waits = nextWaits(waits, skewMs);
    return { skewMs, waits };
  });
}

const within = (steps: readonly Step[], limitMs: number): number =>
  steps.filter(({ skewMs }) => Math.abs(skewMs) <= limitMs).length / steps.length;

describe('lip sync', () => {
  it('has sound wait for a picture that comes later, and shows the picture at once', () => {
    const steps = play({ pictureMs: 300, soundMs: 180, evenedMs: 60 }, 120);
    expect(within(steps.slice(30), 25)).toBe(1);
    expect(steps.every(({ waits }) => waits.pictureMs === 0)).toBe(true);
  });

  it('leaves a picture at once that sound follows closely enough', () => {
    const steps = play({ pictureMs: 100, soundMs: 120, evenedMs: 80 }, 120);
    expect(steps.every(({ waits }) => waits.pictureMs === 0 && waits.soundMs === 0)).toBe(true);
  });

  it('has the picture wait for sound that comes far later', () => {
    const steps = play({ pictureMs: 110, soundMs: 250, evenedMs: 60 }, 28).slice(15);
    expect(within(steps, 25)).toBe(1);
    expect(steps.every(({ waits }) => waits.soundMs === 0)).toBe(true);
  });

  it('has sound wait in its turn where evening out holds the picture back too long, and does not swing', () => {
    const steps = play({ pictureMs: 100, soundMs: 145, evenedMs: 120 }, 600).slice(20);
    // Tries ever more seldom whether the picture can do without: a few steps each.
    expect(within(steps, 40)).toBeGreaterThan(0.95);
    const tries = steps.filter(({ waits }, i) => waits.evenedSteps === 0 && steps[i - 1]?.waits.evenedSteps);
    expect(tries.length).toBe(3);
  });

  it('shows pictures at once again when sound has caught up', () => {
    let waits = NO_WAITS;
    for (let i = 0; i < 3; i++) waits = nextWaits(waits, 100);
    expect(waits.pictureMs).toBe(100);
    for (let i = 0; i < 70; i++) waits = nextWaits(waits, 10);
    expect(waits).toEqual({ ...NO_WAITS, nextSteps: 2 * NO_WAITS.nextSteps });
  });

  it('does not mind a single late moment, and bounds what it can not mend', () => {
    expect(nextWaits(nextWaits(nextWaits(NO_WAITS, 90), 0), 90).pictureMs).toBe(0);
    const worst = play({ pictureMs: 100, soundMs: 5000, evenedMs: 50 }, 25).at(-1)!;
    expect(worst.waits.pictureMs).toBeLessThanOrEqual(201);
  });
});
