import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaptureClock } from './capture-clock.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { Unwrapper } from './unwrapper.ts';

describe('unwrapper', () => {
  it('follows a counter across wraps, with steps back and forth', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -300, max: 600 }), { maxLength: 400 }), (steps) => {
        const unwrapper = new Unwrapper(16);
        let value = 65_000;
        expect(unwrapper.unwrap(value)).toBe(value);
        let furthest = value;
        for (const step of steps) {
          value = Math.max(furthest - 3000, value + step);
          expect(unwrapper.unwrap(((value % 65_536) + 65_536) % 65_536)).toBe(value);
          furthest = Math.max(furthest, value);
        }
      }),
    );
  });
});

describe('reorder buffer', () => {
  it('gives every packet once and in order when none is later than the wait', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 65_535 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 200 }),
        (first, delays) => {
          const buffer = new ReorderBuffer<number>();
          const arrivals = delays
            .map((delay, i) => ({ i, atMs: i * 5 + (i === 0 ? 0 : delay) }))
            .sort((a, b) => a.atMs - b.atMs);
          const seen = arrivals.flatMap(({ i, atMs }) => buffer.push((first + i) & 0xffff, i, atMs));
          expect(seen.map(({ item }) => item)).toEqual(delays.map((_, i) => i));
          expect(seen.some(({ lossBefore }) => lossBefore)).toBe(false);
          expect(buffer.size).toBe(0);
        },
      ),
    );
  });

  it('waits 200 ms for a missing packet, then goes on and says so', () => {
    const buffer = new ReorderBuffer<string>();
    expect(buffer.push(10, 'a', 0).length).toBe(1);
    expect(buffer.push(12, 'c', 20)).toEqual([]);
    expect(buffer.deadlineMs).toBe(220);
    expect(buffer.poll(219)).toEqual([]);
    expect(buffer.poll(220)).toEqual([{ item: 'c', lossBefore: true }]);
    expect(buffer.push(11, 'b', 221)).toEqual([]);
    expect(buffer.push(13, 'd', 222)).toEqual([{ item: 'd', lossBefore: false }]);
    expect([buffer.lost, buffer.late]).toEqual([1, 1]);
  });

  it('drops copies, and begins anew after a jump', () => {
    const buffer = new ReorderBuffer<string>();
    buffer.push(1, 'a', 0);
    expect(buffer.push(1, 'a', 1)).toEqual([]);
    expect(buffer.push(20_000, 'x', 2)).toEqual([{ item: 'x', lossBefore: true }]);
    expect(buffer.push(20_001, 'y', 3)).toEqual([{ item: 'y', lossBefore: false }]);
  });

  it('holds a bounded number of packets whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 65_535 }), { maxLength: 500 }), (sequences) => {
        const buffer = new ReorderBuffer<number>({ maxPackets: 16 });
        for (const sequence of sequences) {
          buffer.push(sequence, sequence, 0);
          expect(buffer.size).toBeLessThanOrEqual(16);
        }
      }),
    );
  });
});

describe('capture clock', () => {
  const T0 = 1.7e12;

  it('takes the line of least delay where nothing better is known', () => {
    const clock = new CaptureClock(90_000);
    for (let i = 0; i < 100; i++) clock.arrived((4294960000 + i * 3600) >>> 0, T0 + i * 40 + (i % 7), null);
    expect(clock.sourceAt(T0 + 4000)).toBe('arrival');
    const captured = clock.captureTimeMs((4294960000 + 100 * 3600) >>> 0, 'arrival')!;
    expect(captured - (T0 + 4000)).toBeGreaterThanOrEqual(-0.01);
    expect(captured - (T0 + 4000)).toBeLessThan(1);
  });

  it('believes stamps before reports before arrival, and neither of another clock', () => {
    const clock = new CaptureClock(90_000);
    clock.arrived(0, T0, { captureTimeMs: T0 + 60_000, clockOffsetMs: null });
    clock.reported(1234, 0, T0);
    expect(clock.sourceAt(T0)).toBe('arrival');
    clock.reported(T0 - 20, 0, T0);
    expect(clock.sourceAt(T0)).toBe('report');
    expect(clock.captureTimeMs(900, 'report')).toBe(T0 - 10);
    clock.arrived(3600, T0 + 40, { captureTimeMs: T0 - 25, clockOffsetMs: null });
    expect(clock.sourceAt(T0 + 40)).toBe('stamp');
    expect(clock.captureTimeMs(7200, 'stamp')).toBe(T0 + 15);
    expect(clock.sourceAt(T0 + 60_000)).toBe('arrival');
  });

  it('gives way to a delay that stays', () => {
    const clock = new CaptureClock(1000);
    clock.arrived(0, T0);
    for (let i = 1; i <= 600; i++) clock.arrived(i * 100, T0 + i * 100 + 30);
    expect(clock.captureTimeMs(60_000, 'arrival')! - T0 - 60_000).toBeCloseTo(30, 3);
  });
});
