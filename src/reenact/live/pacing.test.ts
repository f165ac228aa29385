import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DriverPresence } from './driver-presence.ts';
import { OutputClock } from './output-clock.ts';
import { PictureDelay, SOUND_AHEAD_MS } from './picture-delay.ts';
import { RateLimit } from './rate-limit.ts';
import { RollingQuantiles } from './rolling-quantiles.ts';

describe('output clock', () => {
  it('only grows, whatever streams and idle frames do', () => {
    const event = fc.record({
      idle: fc.boolean(),
      stream: fc.integer({ min: 0, max: 1 }),
      step: fc.integer({ min: -200_000, max: 200_000 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const clock = new OutputClock();
        const streams = [{ rebaseTicks: 0 }, { rebaseTicks: 5000 }];
        let raw = 1e14;
        let last = 0;
        for (const { idle, stream, step } of events) {
          raw += step;
          const ticks = idle ? clock.placeIdle(raw / 90) : clock.place(raw, streams[stream]);
          if (ticks === null) continue;
          expect(ticks).toBeGreaterThan(last);
          last = ticks;
        }
      }),
    );
  });

  it('leaves a stream as it is, drops what is a little late and moves what begins anew', () => {
    const clock = new OutputClock();
    const stream = { rebaseTicks: 0 };
    expect(clock.place(1_000_000, stream)).toBe(1_000_000);
    expect(clock.place(1_003_600, stream)).toBe(1_003_600);
    expect(clock.place(1_003_000, stream)).toBeNull();
    expect(clock.place(500, stream)).toBeGreaterThan(1_003_600);
    const moved = clock.last;
    expect(clock.place(500 + 3600, stream)).toBe(moved + 3600);
  });
});

describe('rate limit', () => {
  const admitted = (fps: number, times: readonly number[]): number => {
    const limit = new RateLimit(fps);
    return times.filter((time) => limit.admits(time)).length;
  };

  it('lets a stream of the rate through, with a jitter of 8 ms', () => {
    const times = Array.from({ length: 250 }, (_, i) => i * 40 + ((i * 7) % 17) - 8);
    expect(admitted(25, times)).toBe(250);
  });

  it('thins a faster one to the rate', () => {
    const times = Array.from({ length: 600 }, (_, i) => (i * 1000) / 60);
    expect(Math.abs(admitted(25, times) - 250)).toBeLessThan(3);
  });

  it('begins anew after a jump', () => {
    const limit = new RateLimit(25);
    expect([1e6, 5, 45].map((time) => limit.admits(time))).toEqual([true, true, true]);
  });
});

describe('driver presence', () => {
  it('is waiting, lost, calibrating, paused or live', () => {
    const presence = new DriverPresence();
    expect(presence.state(0, false, true)).toBe('waiting');
    presence.input(1000);
    expect(presence.state(1000, false, true)).toBe('lost');
    presence.face(0.9, 1000);
    expect(presence.state(1010, false, true)).toBe('calibrating');
    expect(presence.state(1010, false, false)).toBe('live');
    expect(presence.state(1010, true, false)).toBe('paused');
    presence.face(0, 1200);
    expect(presence.confidence).toBe(0);
    expect(presence.state(1200, false, false)).toBe('live');
    expect(presence.state(1400, false, false)).toBe('lost');
    expect(presence.state(3001, true, false)).toBe('waiting');
  });

  it('asks for idle frames at full rate while the avatar eases, then five a second', () => {
    const presence = new DriverPresence();
    presence.input(0);
    const due: number[] = [];
    for (let ms = 0; ms < 4000; ms += 20) if (presence.idleFrameDue(ms)) due.push(ms);
    expect(due[0]).toBe(200);
    expect(due.filter((ms) => ms < 1400).length).toBe(30);
    expect(due.filter((ms) => ms >= 2000 && ms < 4000).length).toBe(10);
  });
});

describe('rolling quantiles', () => {
  it('forget what is older than the window, and hold no more than their capacity', () => {
    const quantiles = new RollingQuantiles(1000, 100);
    expect(quantiles.at(0)).toBeNull();
    for (let i = 0; i < 1000; i++) quantiles.add(i, i);
    expect(quantiles.at(999)).toEqual({ p50: 950, p95: 995 });
    expect(quantiles.countAt(999)).toBe(100);
    expect(quantiles.at(5000)).toBeNull();
  });
});

describe('picture delay', () => {
  it('sends sound somewhat ahead of the picture, by the clock that the picture has, too', () => {
    let nowMs = 0;
    const delay = new PictureDelay(() => nowMs);
    expect(delay.forSound('stamp')).toEqual({ source: 'arrival', delayMs: 60 - SOUND_AHEAD_MS });
    for (; nowMs < 2000; nowMs += 40) delay.sent(null, 30);
    expect(delay.forSound('stamp')).toEqual({ source: 'arrival', delayMs: 0 });
    for (; nowMs < 8000; nowMs += 40) delay.sent(90, 30);
    expect(delay.forSound('stamp')).toEqual({ source: 'stamp', delayMs: 90 - SOUND_AHEAD_MS });
    expect(delay.forSound('arrival')).toEqual({ source: 'arrival', delayMs: 55 - SOUND_AHEAD_MS });
    expect(delay.ownMs).toBe(90);
  });
});
