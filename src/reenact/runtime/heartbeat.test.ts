import { describe, expect, it } from 'vitest';
import { type HangKind, Heartbeat } from './heartbeat.ts';
import type { ProcessVitals } from './process-vitals.ts';

const INTERVAL_MS = 200;
const LIMITS = { intervalMs: INTERVAL_MS, asleepMs: 1000, busyMs: 1000, patienceMs: 30_000 };

/** What a process does: shares of the time. */
interface Behaviour {
  readonly ran?: number;
  readonly queued?: number;
  /** CPU of its other threads. */
  readonly others?: number;
  readonly stopped?: boolean;
  readonly runnable?: boolean;
}

/** A heartbeat and a process in model time. */
class Scene {
  nowMs = 0;
  readonly heartbeat = new Heartbeat(0);
  #ran = 0;
  #queued = 0;
  #others = 0;

  constructor() {
    this.tick({});
    this.heard();
  }

  heard(): void {
    this.heartbeat.heard(this.nowMs);
  }

  tick(behaviour: Behaviour | null, afterMs = INTERVAL_MS): HangKind | null {
    this.nowMs += afterMs;
    const { ran = 0, queued = 0, others = 0, stopped = false, runnable = false } = behaviour ?? {};
    this.#ran += ran * afterMs;
    this.#queued += queued * afterMs;
    this.#others += others * afterMs;
    const vitals: ProcessVitals = {
      mainRanMs: this.#ran,
      mainQueuedMs: this.#queued,
      ranMs: this.#ran + this.#others,
      stopped,
    };
    return this.heartbeat.tick(this.nowMs, behaviour === null ? null : vitals, () => runnable, LIMITS);
  }

  /** @returns after how long it was called a hang, and which; null where never within `limitMs` */
  run(behaviour: Behaviour | null, limitMs: number): [ms: number, kind: HangKind] | null {
    const beganMs = this.nowMs;
    while (this.nowMs < beganMs + limitMs) {
      const hang = this.tick(behaviour);
      if (hang !== null) return [this.nowMs - beganMs, hang];
    }
    return null;
  }
}

describe('Heartbeat', () => {
  it('finds a stopped or deadlocked process after the set silence, not before', () => {
    expect(new Scene().run({ stopped: true }, 5000)).toEqual([1000, 'asleep']);
    expect(new Scene().run({}, 5000)).toEqual([1000, 'asleep']);
    const scene = new Scene();
    expect(scene.run({}, 800)).toBeNull();
    scene.heard();
    expect(scene.run({}, 5000)).toEqual([1000, 'asleep']);
  });

  it('lets a process that answers sleep as long as it likes', () => {
    const scene = new Scene();
    for (let i = 0; i < 100; i++) {
      expect(scene.tick({ ran: 0.01 })).toBeNull();
      scene.heard();
    }
  });

  it('looks at the threads of none that answers', () => {
    const heartbeat = new Heartbeat(0);
    const vitals: ProcessVitals = { mainRanMs: 0, mainQueuedMs: 0, ranMs: 0, stopped: false };
    let looks = 0;
    const runnable = () => {
      looks++;
      return true;
    };
    for (let nowMs = INTERVAL_MS; nowMs <= 10_000; nowMs += INTERVAL_MS) {
      expect(heartbeat.tick(nowMs, vitals, runnable, LIMITS)).toBeNull();
      heartbeat.heard(nowMs + 1);
    }
    expect(looks).toBe(0);
    // Of one that wants a core all the time and does not get it, the first silent interval alone counts.
    for (let nowMs = 10_200; nowMs <= 20_000; nowMs += INTERVAL_MS)
      expect(heartbeat.tick(nowMs, vitals, runnable, LIMITS)).toBeNull();
    expect(looks).toBeGreaterThan(40);
  });

  it('finds a blocked event loop once it has had the set CPU time, however long that takes', () => {
    expect(new Scene().run({ ran: 1, runnable: true }, 5000)).toEqual([1000, 'busy']);
    expect(new Scene().run({ ran: 0.25, queued: 0.75, runnable: true }, 20_000)).toEqual([4000, 'busy']);
  });

  it('does not take a process that is given no core for one that hangs', () => {
    expect(new Scene().run({ queued: 1 }, 20_000)).toBeNull();
    // In the queue all the time: the system has not counted the wait yet.
    expect(new Scene().run({ runnable: true }, 20_000)).toBeNull();
  });

  it('waits for a main thread that waits for the other threads', () => {
    expect(new Scene().run({ others: 0.5 }, 20_000)).toBeNull();
  });

  it('loses patience in the end', () => {
    expect(new Scene().run({ queued: 1 }, 60_000)).toEqual([30_000, 'silent']);
  });

  it('does not blame the other side for its own stall', () => {
    const scene = new Scene();
    // This side slept for five seconds; the answers are in the queue behind the timer.
    expect(scene.tick({ ran: 1 }, 5000)).toBeNull();
    expect(scene.tick({ stopped: true }, 5000)).toBeNull();
    scene.heard();
    expect(scene.run({}, 800)).toBeNull();
  });

  it('still finds a hang after stalls of its own', () => {
    const scene = new Scene();
    for (let i = 0; i < 2; i++) expect(scene.tick({ stopped: true }, 3000)).toBeNull();
    expect(scene.run({ stopped: true }, 5000)).toEqual([400, 'asleep']);
  });

  it('is patient where nothing is known of the process', () => {
    expect(new Scene().run(null, 20_000)).toEqual([4000, 'asleep']);
  });
});
