import { describe, expect, test } from 'vitest';
import { TierControl } from './tier-control.ts';

const FRAME_MS = 40;

/** A session on a machine whose frames take `warpMs`, and `stepMs` for each step. */
class Machine {
  nowMs = 0;
  warpMs = 8;
  stepMs = 3;
  utilisation = 0.5;
  /** Changes of tier so far, as [ms, steps]. */
  readonly changes: [number, number][] = [];
  readonly control: TierControl;
  #sincePressedMs = 0;

  constructor(ladder = [4, 2, 1]) {
    this.control = new TierControl({ ladder, frameMs: FRAME_MS });
  }

  run(seconds: number): this {
    for (const end = this.nowMs + seconds * 1000; this.nowMs < end; this.nowMs += FRAME_MS) {
      const { steps } = this.control;
      const paceMs = this.warpMs + steps * this.stepMs;
      this.control.drawn(this.nowMs, { paceMs, stepMs: steps === 0 ? Number.NaN : this.stepMs });
      this.#sincePressedMs += FRAME_MS;
      if (this.#sincePressedMs >= 1000) {
        this.#sincePressedMs = 0;
        this.control.pressed(this.nowMs, this.utilisation);
      }
      if (this.control.steps !== steps) this.changes.push([this.nowMs, this.control.steps]);
    }
    return this;
  }
}

describe('TierControl', () => {
  test('keeps the best tier while there is time for it', () => {
    const machine = new Machine().run(60);
    expect(machine.control.steps).toBe(4);
    expect(machine.changes).toEqual([]);
  });

  test('goes down step by step until frames are in time, within seconds', () => {
    const machine = new Machine();
    machine.stepMs = 20;
    machine.run(10);
    expect(machine.changes.map(([, steps]) => steps)).toEqual([2, 1]);
    expect(machine.changes[1][0]).toBeLessThan(2500);
    machine.warpMs = 30;
    machine.run(5);
    expect(machine.control.steps).toBe(0);
  });

  test('comes back when there is time again, and not before it has been for a while', () => {
    const machine = new Machine();
    machine.stepMs = 40;
    machine.run(5);
    expect(machine.control.steps).toBe(0);
    machine.stepMs = 3;
    const fast = machine.nowMs;
    machine.run(60);
    expect(machine.control.steps).toBe(4);
    const [back] = machine.changes.filter(([ms]) => ms > fast);
    const [fell] = machine.changes.filter(([, steps]) => steps === 0).at(-1)!;
    expect(back[0] - fell).toBeGreaterThanOrEqual(5000);
  });

  test('does not swing at the edge: what had to go again is tried less and less often', () => {
    const machine = new Machine([1]);
    machine.stepMs = 100;
    machine.run(600);
    const raises = machine.changes.filter(([, steps]) => steps === 1);
    expect(raises.length).toBeLessThan(15);
    expect(raises.length).toBeGreaterThan(3);
    const gaps = raises.slice(1).map(([ms], i) => ms - raises[i][0]);
    expect(gaps.at(-1)!).toBeGreaterThan(4 * gaps[0]);
  });

  test('does not raise to a tier that is expected to be too slow', () => {
    const machine = new Machine([4, 1]);
    machine.stepMs = 12;
    machine.run(120);
    expect(machine.changes.map(([, steps]) => steps)).toEqual([1]);
  });

  test('goes down on a full machine, though its own frames are in time, and waits until there is room', () => {
    const machine = new Machine();
    machine.utilisation = 0.99;
    machine.run(20);
    expect(machine.control.steps).toBe(0);
    machine.utilisation = 0.9;
    machine.run(60);
    expect(machine.control.steps).toBe(0);
    machine.utilisation = 0.5;
    machine.run(90);
    expect(machine.control.steps).toBe(4);
  });

  test('takes one slow frame for what it is', () => {
    const machine = new Machine().run(5);
    machine.control.drawn(machine.nowMs, { paceMs: 120, stepMs: 25 });
    machine.run(5);
    expect(machine.changes).toEqual([]);
  });

  test('is geometric at once when the networks fail, and tries again', () => {
    const machine = new Machine().run(5);
    machine.control.failed(machine.nowMs);
    expect(machine.control.steps).toBe(0);
    machine.run(120);
    expect(machine.control.steps).toBe(4);
  });
});
