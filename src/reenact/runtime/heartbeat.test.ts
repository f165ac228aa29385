import { describe, expect, it } from 'vitest';
import { Heartbeat } from './heartbeat.ts';

const OPTIONS = { hangMs: 1000, intervalMs: 200 };

/** Ticks on time from `from` (excluded) to `to`; which of them called it a hang. */
function ticks(heartbeat: Heartbeat, from: number, to: number, queued = (_: number) => 0): number[] {
  const hangs: number[] = [];
  for (let at = from + 200; at <= to; at += 200) if (heartbeat.tick(at, queued(at))) hangs.push(at);
  return hangs;
}

describe('Heartbeat', () => {
  it('calls it a hang after the set silence, not before', () => {
    const heartbeat = new Heartbeat(OPTIONS, 0);
    expect(ticks(heartbeat, 0, 800)).toEqual([]);
    heartbeat.heard(850);
    expect(ticks(heartbeat, 800, 2000)).toEqual([2000]);
  });

  it('does not blame the other side for its own stall', () => {
    const heartbeat = new Heartbeat(OPTIONS, 0);
    expect(heartbeat.tick(200, 0)).toBe(false);
    heartbeat.heard(210);
    // This side slept for five seconds; the answers are in the queue behind the timer.
    expect(heartbeat.tick(5200, 0)).toBe(false);
    heartbeat.heard(5201);
    expect(ticks(heartbeat, 5200, 6000)).toEqual([]);
  });

  it('still finds a hang after a stall of its own', () => {
    const heartbeat = new Heartbeat(OPTIONS, 0);
    expect(heartbeat.tick(3000, 0)).toBe(false);
    expect(ticks(heartbeat, 3000, 3600)).toEqual([3400, 3600]);
  });

  it('does not take a process that is given no core for one that hangs', () => {
    const heartbeat = new Heartbeat(OPTIONS, 0);
    // It waits for a core nine tenths of the time.
    expect(ticks(heartbeat, 0, 8000, (at) => 0.9 * at)).toEqual([]);
    heartbeat.heard(8000);
    // Given one, it still says nothing.
    expect(ticks(heartbeat, 8000, 9000, () => 7200)).toEqual([9000]);
  });

  it('loses patience in the end', () => {
    const heartbeat = new Heartbeat(OPTIONS, 0);
    expect(ticks(heartbeat, 0, 12_000, (at) => at)).toEqual([12_000]);
  });
});
