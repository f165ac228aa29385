import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AVCOL_SPC_BT709 } from 'node-av/constants';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LokiError } from '../../errors.ts';
import type { RgbaImage, VideoFrame } from '../frame.ts';
import { openVideo } from './open-video.ts';
import { makeTestClip, quarterTurnMatrix, type TestClip } from './test-clip.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-codec-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let counter = 0;
async function clip(options: TestClip, extension = 'mp4'): Promise<string> {
  const path = join(folder, `${counter++}.${extension}`);
  await makeTestClip(path, options);
  return path;
}

async function framesOf(path: string): Promise<VideoFrame[]> {
  const frames: VideoFrame[] = [];
  for await (const frame of (await openVideo(path)).frames()) frames.push(frame);
  return frames;
}

const refusal = async (path: string): Promise<LokiError> =>
  openVideo(path).then(
    () => expect.fail('it was opened'),
    (error: LokiError) => error,
  );

/** Yellow, green, red, black: top left, top right, bottom left, bottom right. */
function paintQuarters(rgba: Buffer, _index: number, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      rgba[at] = x < width / 2 ? 220 : 20;
      rgba[at + 1] = y < height / 2 ? 220 : 20;
      rgba[at + 2] = 20;
      rgba[at + 3] = 255;
    }
  }
}

function pixel(image: RgbaImage, u: number, v: number): number[] {
  const at = (Math.floor(v * image.height) * image.width + Math.floor(u * image.width)) * 4;
  return [...image.data.subarray(at, at + 3)];
}

function expectColour(actual: number[], expected: number[]): void {
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i])));
  expect(worst, `${actual} for ${expected}`).toBeLessThanOrEqual(4);
}

describe('a video', () => {
  it('says its size, length and number of frames, and hands out frames that say when they are shown', async () => {
    const path = await clip({ width: 64, height: 48 });
    const source = await openVideo(path);
    expect(source).toMatchObject({ width: 64, height: 48, frameCount: 25, hasAudio: false });
    expect(source.fps).toBeCloseTo(25, 3);
    expect(source.durationMs).toBeCloseTo(1000, 0);
    const frames = await framesOf(path);
    expect(frames.map((frame) => frame.sequence)).toEqual([...frames.keys()]);
    expect(frames.map((frame) => Math.round(frame.ptsMs))).toEqual([...frames.keys()].map((i) => i * 40));
    expect(frames[3].captureTimeMs).toBe(frames[3].ptsMs);
    expect(frames[3].image.data.length).toBe(64 * 48 * 4);
  });

  it('can be read twice, and each frame owns its pixels', async () => {
    const source = await openVideo(await clip({}));
    const first: VideoFrame[] = [];
    for await (const frame of source.frames()) first.push(frame);
    let index = 0;
    for await (const frame of source.frames()) {
      expect(Buffer.compare(frame.image.data, first[index++].image.data)).toBe(0);
    }
    expect(Buffer.compare(first[0].image.data, first[9].image.data)).not.toBe(0);
  });

  it('keeps a variable frame rate', async () => {
    const stampsMs = [0, 40, 50, 300, 310, 900];
    const frames = await framesOf(await clip({ stampsMs }));
    expect(frames.map((frame) => Math.round(frame.ptsMs))).toEqual(stampsMs);
  });

  it('counts from the sound where that starts first', async () => {
    const path = await clip(
      { container: 'matroska', stampsMs: [200, 240, 280], audio: { codec: 'opus', durationMs: 400 } },
      'mkv',
    );
    const frames = await framesOf(path);
    expect(frames.map((frame) => Math.round(frame.ptsMs / 10) * 10)).toEqual([200, 240, 280]);
  });

  it.each([
    [0, 48, 32, [220, 220, 20], [20, 220, 20]],
    [1, 32, 48, [220, 20, 20], [220, 220, 20]],
    [2, 48, 32, [20, 20, 20], [220, 20, 20]],
    [3, 32, 48, [20, 220, 20], [20, 20, 20]],
  ])(
    'that was recorded turned by %i quarters comes upright',
    async (quarters, width, height, left, right) => {
      const path = await clip({
        width: 48,
        height: 32,
        displayMatrix: quarterTurnMatrix(quarters),
        paint: paintQuarters,
        stampsMs: [0, 40],
      });
      const [{ image }] = await framesOf(path);
      expect([image.width, image.height]).toEqual([width, height]);
      expectColour(pixel(image, 0.2, 0.2), left);
      expectColour(pixel(image, 0.8, 0.2), right);
    },
  );

  it('with wide pixels comes with square ones', async () => {
    const source = await openVideo(
      await clip({ width: 64, height: 48, sampleAspect: [4, 3], stampsMs: [0, 40] }),
    );
    expect([source.width, source.height]).toEqual([85, 48]);
    const [frame] = await source.sample(1);
    expect(frame.image.data.length).toBe(85 * 48 * 4);
  });

  it('of odd size is read whole', async () => {
    const path = await clip(
      { container: 'avi', videoCodec: 'mjpeg', width: 33, height: 21, paint: paintQuarters },
      'avi',
    );
    const [{ image }] = await framesOf(path);
    expect([image.width, image.height, image.data.length]).toEqual([33, 21, 33 * 21 * 4]);
    expectColour(pixel(image, 0.2, 0.2), [220, 220, 20]);
  });

  it('larger than the bound is scaled down while it is decoded', async () => {
    const path = await clip({
      width: 3840,
      height: 2160,
      colourSpace: AVCOL_SPC_BT709,
      paint: paintQuarters,
      stampsMs: [0],
    });
    const [{ image }] = await framesOf(path);
    expect([image.width, image.height]).toEqual([1280, 720]);
    expectColour(pixel(image, 0.8, 0.2), [20, 220, 20]);
  });

  it('without colour tags is taken for BT.601 when small, and believed when it says BT.709', async () => {
    for (const tagged of [{}, { colourSpace: AVCOL_SPC_BT709 }]) {
      const [{ image }] = await framesOf(await clip({ ...tagged, paint: paintQuarters, stampsMs: [0, 40] }));
      expectColour(pixel(image, 0.2, 0.2), [220, 220, 20]);
      expectColour(pixel(image, 0.8, 0.2), [20, 220, 20]);
      expectColour(pixel(image, 0.2, 0.8), [220, 20, 20]);
    }
  });
});

describe('a sample of a video', () => {
  it('is spread over the clip, and each frame is the one that a full reading gives', async () => {
    const path = await clip({ gop: 7, stampsMs: Array.from({ length: 60 }, (_, i) => i * 33) });
    const all = await framesOf(path);
    const sample = await (await openVideo(path)).sample(5);
    expect(sample.map((frame) => frame.sequence)).toEqual([6, 18, 30, 42, 54]);
    for (const frame of sample) {
      expect(frame.ptsMs).toBeCloseTo(all[frame.sequence].ptsMs, 3);
      expect(Buffer.compare(frame.image.data, all[frame.sequence].image.data)).toBe(0);
    }
  });

  it('has every frame of a clip that is shorter', async () => {
    const sample = await (await openVideo(await clip({ stampsMs: [0, 40, 80] }))).sample(12);
    expect(sample.map((frame) => frame.sequence)).toEqual([0, 1, 2]);
  });
});

describe('is refused in one sentence:', () => {
  it('a file that is not there', async () => {
    const error = await refusal(join(folder, 'nowhere.mp4'));
    expect(error.code).toBe('INPUT_NOT_FOUND');
    expect(error.message).toMatch(/nowhere\.mp4/);
  });

  it('a folder', async () => {
    expect(await refusal(folder)).toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(/folder/),
    });
  });

  it('an empty file', async () => {
    const path = join(folder, 'empty.mp4');
    await writeFile(path, '');
    expect(await refusal(path)).toMatchObject({ code: 'INPUT_UNREADABLE', message: 'empty.mp4 is empty.' });
  });

  it('a text file', async () => {
    const path = join(folder, 'text.mp4');
    await writeFile(path, 'This is no video.\n'.repeat(200));
    expect(await refusal(path)).toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(/not a video/),
    });
  });

  it('a playlist, which would open other files', async () => {
    const path = join(folder, 'list.m3u8');
    await writeFile(
      path,
      '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n',
    );
    expect((await refusal(path)).code).toBe('INPUT_UNREADABLE');
  });

  it('a picture', async () => {
    const path = join(folder, 'still.mp4');
    await writeFile(
      path,
      await sharp({ create: { width: 9, height: 9, channels: 3, background: '#123456' } })
        .jpeg()
        .toBuffer(),
    );
    expect(await refusal(path)).toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(/not a video/),
    });
  });

  it('sound without a picture', async () => {
    const path = await clip({ stampsMs: [], audio: { codec: 'aac', durationMs: 300 } });
    expect(await refusal(path)).toMatchObject({
      code: 'NO_VIDEO_STREAM',
      message: expect.stringMatching(/no video/),
    });
  });

  it.each([
    ['mp4', 'mp4'],
    ['matroska', 'mkv'],
    ['avi', 'avi'],
  ] as const)('a %s file that is cut short', async (container, extension) => {
    const stampsMs = Array.from({ length: 100 }, (_, i) => i * 40);
    const videoCodec = container === 'avi' ? 'mjpeg' : 'h264';
    const path = await clip({ container, stampsMs, videoCodec }, extension);
    const { length } = await readFile(path);
    await truncate(path, Math.floor(length * 0.6));
    expect(await refusal(path)).toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(/cut short/),
    });
  });
});
