import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { map } from 'rxjs';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LokiError } from '../errors.ts';
import { makeTestClip } from '../reenact/codec/test-clip.ts';
import type { AnimateJob, OpenReenactor } from './animate-job.ts';
import { openPassThrough } from './pass-through.ts';
import { runAnimate } from './run-animate.ts';

let inputs: string;
let folder: string;
beforeAll(async () => {
  inputs = await mkdtemp(join(tmpdir(), 'loki-run-in-'));
  await makeTestClip(join(inputs, 'driver.mp4'), { width: 96, height: 64 });
  await sharp({ create: { width: 200, height: 200, channels: 3, background: '#335577' } })
    .png()
    .toFile(join(inputs, 'face.png'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-run-out-'));
  return () => rm(folder, { recursive: true, force: true });
});
afterAll(() => rm(inputs, { recursive: true, force: true }));

const job = (outputs: Partial<AnimateJob['outputs']>): AnimateJob => ({
  driverPath: join(inputs, 'driver.mp4'),
  avatarPath: join(inputs, 'face.png'),
  outputs: { video: join(folder, 'out.mp4'), comparison: null, coefficients: null, report: null, ...outputs },
  sizePx: 128,
  generator: 'geometric',
  pose: 'relative',
  expression: 'absolute',
  gain: {},
  largestFace: false,
  headPath: null,
});
const everything = () => ({
  comparison: join(folder, 'compared.mp4'),
  coefficients: join(folder, 'motion.ndjson'),
  report: join(folder, 'report.json'),
});
const unbroken = (): AbortSignal => new AbortController().signal;

describe('runAnimate', () => {
  it('says how far it is, frame by frame, and what came of it', async () => {
    const seen: number[] = [];
    const summary = await runAnimate(job({}), openPassThrough, unbroken(), {
      onFrame: (done, total) => seen.push(done, total),
    });
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => [i + 1, 25]).flat());
    expect(summary).toMatchObject({ frames: 25, tracked: 12, audio: 'none' });
    expect(await readdir(folder)).toEqual(['out.mp4']);
  });

  it('gives the report the frames of the written video, also out of a comparison', async () => {
    for (const video of [join(folder, 'out.mp4'), null]) {
      const looked: number[][] = [];
      const open: OpenReenactor = async (...parts) => ({
        ...(await openPassThrough(...parts)),
        evaluate: async (avatar, run) => {
          for await (const { image } of avatar) looked.push([image.width, image.height, image.data[2]]);
          return { ...run, frames: looked.length } as never;
        },
      });
      await runAnimate(job({ ...everything(), video }), open, unbroken());
      expect(looked).toHaveLength(25);
      for (const [width, height, blue] of looked) {
        expect([width, height]).toEqual([128, 128]);
        expect(Math.abs(blue - 0x77)).toBeLessThan(6);
      }
      const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
      expect(report.frames).toBe(25);
      expect(report.fps).toBeGreaterThan(0);
      expect(report.peakRssMb).toBeGreaterThan(20);
    }
  });

  it('leaves nothing when it is stopped, at whatever moment', async () => {
    for (const moment of ['before', 'opened', 'third frame'] as const) {
      const stop = new AbortController();
      if (moment === 'before') stop.abort();
      const running = runAnimate(job(everything()), openPassThrough, stop.signal, {
        onPhase: (phase) => {
          if (moment === 'opened' && phase === 'Animating') stop.abort();
        },
        onFrame: (done) => {
          if (moment === 'third frame' && done === 3) stop.abort();
        },
      });
      await expect(running, moment).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await readdir(folder), moment).toEqual([]);
    }
  });

  it('leaves nothing when a stage fails, and what stood there before stays', async () => {
    await writeFile(join(folder, 'out.mp4'), 'before');
    const failing: OpenReenactor = async (...parts) => {
      const whole = await openPassThrough(...parts);
      return {
        ...whole,
        reenact: (frames) =>
          whole.reenact(frames).pipe(
            map((frame) => {
              if (frame.sequence === 5) throw new LokiError('WORKER_DIED', 'The tracker died.');
              return frame;
            }),
          ),
      };
    };
    await expect(runAnimate(job(everything()), failing, unbroken())).rejects.toMatchObject({
      code: 'WORKER_DIED',
    });
    expect(await readdir(folder)).toEqual(['out.mp4']);
    expect(await readFile(join(folder, 'out.mp4'), 'utf8')).toBe('before');
  });

  it('closes the pipeline whatever happens', async () => {
    let closed = 0;
    const counting: OpenReenactor = async (...parts) => ({
      ...(await openPassThrough(...parts)),
      close: async () => {
        closed++;
      },
    });
    await runAnimate(job({}), counting, unbroken());
    const stop = new AbortController();
    const stopped = runAnimate(job({}), counting, stop.signal, { onFrame: () => stop.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(closed).toBe(2);
  });

  it('refuses outputs that cannot be written before anything is opened', async () => {
    let opened = false;
    const open: OpenReenactor = async (...parts) => {
      opened = true;
      return openPassThrough(...parts);
    };
    const running = runAnimate(job({ report: join(folder, 'no', 'report.json') }), open, unbroken());
    await expect(running).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
    expect(opened).toBe(false);
  });
});
