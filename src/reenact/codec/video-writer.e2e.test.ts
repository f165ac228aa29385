import { execFileSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RgbaImage } from '../frame.ts';
import { openVideo } from './open-video.ts';
import { makeTestClip } from './test-clip.ts';
import { createVideoWriter } from './video-writer.ts';
import { writeWhole } from './write-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-writer-e2e-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function noise(size: number): RgbaImage {
  const data = new Uint8Array(size * size * 4);
  for (let i = 0; i < data.length; i++) data[i] = (Math.imul(i, 2654435761) >>> 13) & 255;
  return { width: size, height: size, data };
}

describe('decoding and encoding', () => {
  it('holds no more memory after 5,000 frames than after 500', async () => {
    // Frames of 64 KiB: kept, those after the first 500 were 300 MB.
    const source = join(folder, 'long.mp4');
    const frames = 5000;
    await makeTestClip(source, {
      width: 128,
      height: 128,
      gop: 100,
      stampsMs: Array.from({ length: frames }, (_, i) => i * 40),
      paint: (rgba, index) => rgba.fill(index & 255, 0, 10_000),
    });
    const video = await openVideo(source);
    const writer = await createVideoWriter(join(folder, 'long-out.mp4'), {
      width: 128,
      height: 128,
      fps: 25,
    });
    let earlyMb = 0;
    let peakMb = 0;
    for await (const frame of video.frames()) {
      await writer.write(frame);
      const rssMb = process.memoryUsage.rss() / 1e6;
      if (frame.sequence <= 500) earlyMb = Math.max(earlyMb, rssMb);
      else peakMb = Math.max(peakMb, rssMb);
    }
    expect((await writer.finish()).frames).toBe(frames);
    expect(peakMb).toBeLessThan(earlyMb * 1.1 + 10);
  });
});

const mounted = mountTiny();
afterAll(() => {
  if (mounted === null) return;
  execFileSync('umount', [mounted]);
  rmdirSync(mounted);
});

describe.skipIf(mounted === null)(
  mounted === null
    ? 'SKIPPED, no disk can be filled here: mounting a small tmpfs needs root'
    : 'on a full disk',
  () => {
    it('a video ends in one sentence and leaves nothing behind', async () => {
      const writer = await createVideoWriter(join(mounted!, 'out.mp4'), { width: 256, height: 256, fps: 25 });
      const image = noise(256);
      const writing = async (): Promise<void> => {
        for (let i = 0; i < 400; i++) {
          image.data.copyWithin(0, 4 * (i + 1));
          await writer.write({ sequence: i, ptsMs: i * 40, captureTimeMs: i * 40, image });
        }
        await writer.finish();
      };
      await expect(writing()).rejects.toMatchObject({
        code: 'DISK_FULL',
        message: expect.stringMatching(/disk is full/),
      });
      await writer.abort();
      expect(await readdir(mounted!)).toEqual([]);
    });

    it('a video that no longer fits while it is finished leaves nothing behind either', async () => {
      const path = join(mounted!, 'late.mp4');
      await writeWhole(join(mounted!, 'filler'), new Uint8Array(1_040_000));
      const writer = await createVideoWriter(path, { width: 256, height: 256, fps: 25 });
      // Fewer frames than the encoder looks ahead: the first byte of picture is written by finish().
      for (let i = 0; i < 4; i++) {
        await writer.write({ sequence: i, ptsMs: i * 40, captureTimeMs: i * 40, image: noise(256) });
      }
      await expect(writer.finish()).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(await readdir(mounted!)).toEqual(['filler']);
      await rm(join(mounted!, 'filler'));
    });

    it('a text file is as it was before', async () => {
      const path = join(mounted!, 'report.json');
      await writeWhole(path, '{}');
      await expect(writeWhole(path, 'x'.repeat(3_000_000))).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(await readdir(mounted!)).toEqual(['report.json']);
    });
  },
);

/** A disk of 1 MiB, or null where none can be mounted. */
function mountTiny(): string | null {
  const path = join(tmpdir(), `loki-tiny-${process.pid}`);
  try {
    mkdirSync(path, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    return path;
  } catch {
    return null;
  }
}
