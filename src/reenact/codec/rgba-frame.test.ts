import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PixelPool } from '../pixel-pool.ts';
import { FrameConverter, filterStep } from './frame-converter.ts';
import { RgbaFrame, RgbaReader } from './rgba-frame.ts';

describe('RgbaFrame', () => {
  it('gives back the picture that it was filled with, also where rows are padded', () => {
    for (const [width, height] of [
      [16, 8],
      [37, 5],
      [2, 3],
    ]) {
      const frame = new RgbaFrame(width, height);
      const picture = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i * 37) & 255);
      frame.fill(picture);
      const read = new Uint8Array(picture.length);
      frame.read(read);
      expect(read).toEqual(picture);
      frame.free();
    }
  });
});

describe('RgbaReader', () => {
  it('follows a stream whose size changes', () => {
    const reader = new RgbaReader();
    const pixels = new PixelPool();
    for (const [width, height, level] of [
      [8, 8, 10],
      [4, 6, 20],
      [8, 8, 30],
    ]) {
      const frame = new RgbaFrame(width, height);
      frame.fill(new Uint8Array(width * height * 4).fill(level));
      const image = reader.read(frame.frame, pixels);
      expect(image).toMatchObject({ width, height });
      expect(image.data).toEqual(new Uint8Array(width * height * 4).fill(level));
      pixels.give(image.data);
      frame.free();
    }
    reader.close();
  });

  it('leaves V8 nothing to collect, frame after frame', async () => {
    const side = 512;
    const source = new RgbaFrame(side, side);
    const converter = new FrameConverter([filterStep('hflip'), filterStep('format=rgba')]);
    const reader = new RgbaReader();
    const pixels = new PixelPool();
    let collected = 0;
    const { NODE_PERFORMANCE_GC_MAJOR, NODE_PERFORMANCE_GC_INCREMENTAL } = constants;
    const observer = new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries() as (PerformanceEntry & { detail: { kind: number } })[])
        if (detail.kind === NODE_PERFORMANCE_GC_MAJOR || detail.kind === NODE_PERFORMANCE_GC_INCREMENTAL)
          collected++;
    });
    observer.observe({ entryTypes: ['gc'] });
    // Wrapping each frame's memory anew has V8 collect everything twenty times or so.
    for (let frame = 0; frame < 600; frame++) {
      const converted = await converter.convert(source.frame, { keep: true });
      pixels.give(reader.read(converted, pixels).data);
    }
    await sleep(50);
    observer.disconnect();
    reader.close();
    converter.close();
    source.free();
    expect(collected).toBeLessThan(6);
  });
});
