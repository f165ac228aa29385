import { describe, expect, it } from 'vitest';
import { LoadMeter, type ProcessSample } from './load-meter.ts';

/** A worker that takes 20 ms a frame of CPU, 12 of them on its loop, at 25 frames a second. */
function worker(second: number, steady = true): ProcessSample {
  return {
    pid: 7,
    cpuSeconds: 0.5 * second,
    loopBusySeconds: 0.3 * second,
    framesPerSecond: 25,
    steady,
  };
}

function run(seconds: number, at: (second: number) => ProcessSample[], busyCores = 0.9): LoadMeter {
  const meter = new LoadMeter();
  for (let second = 0; second <= seconds; second++)
    meter.add({
      nowMs: second * 1000,
      processes: at(second),
      machineBusySeconds: busyCores * second,
    });
  return meter;
}

describe('LoadMeter', () => {
  it('measures what a frame costs, and what runs beside the workers', () => {
    const load = run(5, (second) => [worker(second)]).read();
    expect(load.msPerFrame).toBeCloseTo(20, 6);
    expect(load.loopMsPerFrame).toBeCloseTo(12, 6);
    expect(load.workerCores).toBeCloseTo(0.5, 6);
    expect(load.otherCores).toBeCloseTo(0.4, 6);
  });

  it('says nothing of the cost of a frame before it has seen enough of them', () => {
    expect(run(1, (second) => [worker(second)]).read().msPerFrame).toBeNull();
  });

  it('does not take a session without a driver for a cheap one', () => {
    const load = run(10, (second) => [worker(second, false)]).read();
    expect(load.msPerFrame).toBeNull();
    expect(load.workerCores).toBeCloseTo(0.5, 6);
  });

  it('keeps the last measured cost when all sessions have ended', () => {
    const load = run(30, (second) => (second < 12 ? [worker(second)] : [])).read();
    expect(load.msPerFrame).toBeCloseTo(20, 6);
    expect(load.workerCores).toBe(0);
  });

  it('counts the first look at a new process for nothing: what it used before was no session', () => {
    const fresh = (second: number): ProcessSample => ({
      ...worker(second),
      pid: 8,
      cpuSeconds: 40 + 0.5 * second,
    });
    const load = run(8, (second) => (second < 4 ? [worker(second)] : [fresh(second)])).read();
    expect(load.msPerFrame).toBeCloseTo(20, 6);
  });

  it('forgets what was longer than some seconds ago', () => {
    const meter = run(10, (second) => [worker(second)], 2);
    for (let second = 11; second <= 30; second++)
      meter.add({ nowMs: second * 1000, processes: [], machineBusySeconds: 20 + 0.1 * (second - 10) });
    expect(meter.read().otherCores).toBeCloseTo(0.1, 6);
  });
});
