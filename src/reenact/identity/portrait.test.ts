import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LokiError } from '../../errors.ts';
import type { RgbaImage } from '../frame.ts';
import type { FaceBox, FaceTracker, TrackedFace } from '../track/types.ts';
import { cropAroundFace, cutOut, loadPortrait, readPicture } from './portrait.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-portrait-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);
const plain = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } });
const pixel = (image: RgbaImage, x: number, y: number): number[] => [
  ...image.data.subarray((y * image.width + x) * 4, (y * image.width + x) * 4 + 4),
];
const refusal = async (promise: Promise<unknown>): Promise<LokiError> =>
  promise.then(
    () => expect.fail('it was accepted'),
    (error: LokiError) => error,
  );

/** Left half red, right half blue. */
async function redAndBlue(width: number, height: number): Promise<Sharp> {
  const right = await plain(width / 2, height, '#0000ff')
    .png()
    .toBuffer();
  return sharp(
    await plain(width, height, '#ff0000')
      .composite([{ input: right, left: width / 2, top: 0 }])
      .png()
      .toBuffer(),
  );
}

describe('reading a picture', () => {
  it('applies the rotation of its EXIF data', async () => {
    await (await redAndBlue(40, 20))
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100 })
      .toFile(file('turned.jpg'));
    const { image } = await readPicture(file('turned.jpg'));
    expect([image.width, image.height]).toEqual([20, 40]);
    expect(pixel(image, 10, 5)[0]).toBeGreaterThan(240);
    expect(pixel(image, 10, 35)[2]).toBeGreaterThan(240);
  });

  it('lays transparent parts over neutral grey', async () => {
    await sharp({
      create: { width: 8, height: 8, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toFile(file('clear.png'));
    expect(pixel((await readPicture(file('clear.png'))).image, 4, 4)).toEqual([128, 128, 128, 255]);
  });

  it('turns CMYK into sRGB', async () => {
    await plain(16, 16, '#c82828').toColourspace('cmyk').jpeg({ quality: 100 }).toFile(file('print.jpg'));
    expect((await sharp(file('print.jpg')).metadata()).space).toBe('cmyk');
    const [r, g, b, a] = pixel((await readPicture(file('print.jpg'))).image, 8, 8);
    expect(Math.max(Math.abs(r - 200), Math.abs(g - 40), Math.abs(b - 40))).toBeLessThan(25);
    expect(a).toBe(255);
  });

  it('turns 16 bits and grey into 8-bit sRGB', async () => {
    await plain(8, 8, '#404040').toColourspace('rgb16').png().toFile(file('deep.png'));
    expect((await sharp(file('deep.png')).metadata()).depth).toBe('ushort');
    expect(pixel((await readPicture(file('deep.png'))).image, 1, 1)).toEqual([64, 64, 64, 255]);
    await plain(8, 8, '#404040').toColourspace('b-w').png().toFile(file('grey.png'));
    expect(pixel((await readPicture(file('grey.png'))).image, 1, 1)).toEqual([64, 64, 64, 255]);
  });

  it('scales a very large one down', async () => {
    await plain(6000, 3000, '#336699').jpeg().toFile(file('large.jpg'));
    const { image, scale } = await readPicture(file('large.jpg'));
    expect([image.width, image.height]).toEqual([4096, 2048]);
    expect(scale).toBeCloseTo(4096 / 6000, 6);
  });

  it('refuses an image bomb without decoding it', async () => {
    const small = await plain(1, 1, '#000000').png().toBuffer();
    await writeFile(file('bomb.png'), withSize(small, 60_000, 60_000));
    const beganMs = performance.now();
    expect(await refusal(readPicture(file('bomb.png')))).toMatchObject({
      code: 'INPUT_TOO_LARGE',
      message: expect.stringMatching(/50 million pixels/),
    });
    expect(performance.now() - beganMs).toBeLessThan(1000);
  });

  it('refuses in one sentence what is no picture', async () => {
    await writeFile(file('text.jpg'), 'This is no picture.\n'.repeat(50));
    await writeFile(file('empty.jpg'), '');
    await writeFile(file('drawing.jpg'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const jpeg = await (await redAndBlue(400, 400)).jpeg().toBuffer();
    await writeFile(file('half.jpg'), jpeg.subarray(0, jpeg.length / 2));
    for (const [name, code, said] of [
      ['text.jpg', 'INPUT_UNREADABLE', /text\.jpg is not a picture/],
      ['empty.jpg', 'INPUT_UNREADABLE', /empty\.jpg is empty/],
      ['drawing.jpg', 'INPUT_UNREADABLE', /drawing\.jpg is not a picture/],
      ['half.jpg', 'INPUT_UNREADABLE', /half\.jpg is damaged/],
      ['nowhere.jpg', 'INPUT_NOT_FOUND', /no file .*nowhere\.jpg/],
      ['.', 'INPUT_UNREADABLE', /folder, not a picture/],
    ] as const) {
      const error = await refusal(readPicture(file(name)));
      expect(error.code, name).toBe(code);
      expect(error.message).toMatch(said);
      expect(error.message).not.toContain('\n');
    }
  });
});

describe('the crop around a face', () => {
  const bounds = (left: number, top: number, width: number, height: number) => ({
    left,
    top,
    right: left + width,
    bottom: top + height,
  });

  it('shows hair above and shoulders below', () => {
    expect(cropAroundFace(2000, 2000, bounds(900, 800, 160, 200))).toEqual({ x: 720, y: 670, side: 520 });
  });

  it('moves inwards at an edge before it shrinks', () => {
    expect(cropAroundFace(1000, 1000, bounds(0, 0, 160, 200))).toEqual({ x: 0, y: 0, side: 520 });
  });

  it('shrinks to the picture and keeps the face in it', () => {
    expect(cropAroundFace(300, 900, bounds(70, 350, 160, 200))).toMatchObject({ x: 0, side: 300 });
  });

  it('is a square of the picture that holds the whole face wherever one can', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 3000 }),
        fc.integer({ min: 100, max: 3000 }),
        fc.double({ min: 0, max: 0.8, noNaN: true }),
        fc.double({ min: 0, max: 0.8, noNaN: true }),
        fc.double({ min: 0.03, max: 0.2, noNaN: true }),
        (width, height, u, v, s) => {
          const faceHeight = s * Math.min(width, height);
          const face = bounds(u * width, v * height, faceHeight * 0.8, faceHeight);
          const { x, y, side } = cropAroundFace(width, height, face);
          expect(x).toBeGreaterThanOrEqual(0);
          expect(y).toBeGreaterThanOrEqual(0);
          expect(x + side).toBeLessThanOrEqual(width);
          expect(y + side).toBeLessThanOrEqual(height);
          expect(x - 1).toBeLessThanOrEqual(face.left);
          expect(y - 1).toBeLessThanOrEqual(face.top);
          expect(x + side + 1).toBeGreaterThanOrEqual(face.right);
          expect(y + side + 1).toBeGreaterThanOrEqual(face.bottom);
        },
      ),
    );
  });

  it('is cut out and scaled without touching the rest', async () => {
    await (await redAndBlue(40, 20)).png().toFile(file('halves.png'));
    const { image } = await readPicture(file('halves.png'));
    const cut = await cutOut(image, { x: 20, y: 0, side: 20 }, 64);
    expect([cut.width, cut.height, cut.data.length]).toEqual([64, 64, 64 * 64 * 4]);
    expect(pixel(cut, 5, 30)).toEqual([0, 0, 255, 255]);
  });
});

describe('loading a portrait', () => {
  /** Finds the given faces, and believes in those whose score is above one half. */
  function finder(boxes: readonly FaceBox[]): FaceTracker {
    return {
      points: 478,
      source: 'test',
      detect: async () => [...boxes],
      trackStill: async (_image, box): Promise<TrackedFace | null> =>
        box && box.score > 0.5 ? faceIn(box) : null,
      track: () => expect.fail('a portrait is no stream'),
      reset: () => {},
      close: async () => {},
    };
  }

  function faceIn(box: FaceBox): TrackedFace {
    const landmarks = new Float32Array(478 * 3);
    for (let i = 0; i < 478; i++)
      landmarks.set([box.x + (box.width * i) / 477, box.y + (box.height * i) / 477], i * 3);
    const stamp = { sequence: 0, ptsMs: 0, captureTimeMs: 0 };
    return { ...stamp, landmarks, points: 478, confidence: box.score, imageWidth: 0, imageHeight: 0 };
  }

  const box = (x: number, height: number, score = 0.9): FaceBox => ({
    x,
    y: 300,
    width: height * 0.8,
    height,
    score,
    rotationRad: 0,
  });

  beforeAll(async () => {
    await plain(1000, 1000, '#777777').jpeg().toFile(file('portrait.jpg'));
  });

  const load = (boxes: readonly FaceBox[], largestFace = false) =>
    loadPortrait(file('portrait.jpg'), finder(boxes), { size: 128, largestFace });

  it('gives a square of the wanted size around the face', async () => {
    const { image, crop, faceCount } = await load([box(400, 200)]);
    expect([image.width, image.height, image.data.length]).toEqual([128, 128, 128 * 128 * 4]);
    expect(crop.side).toBe(520);
    expect(faceCount).toBe(1);
  });

  it('says so when there is no face', async () => {
    expect(await refusal(load([]))).toMatchObject({
      code: 'NO_FACE',
      message: expect.stringMatching(/portrait\.jpg/),
    });
    expect((await refusal(load([box(400, 200, 0.2)]))).code).toBe('NO_FACE');
  });

  it('says how many faces there are, and takes the largest only when told to', async () => {
    const faces = [box(100, 200), box(500, 150), box(800, 120), box(700, 100, 0.1)];
    const error = await refusal(load(faces));
    expect(error).toMatchObject({
      code: 'SEVERAL_FACES',
      message: expect.stringMatching(/3 faces.*--largest-face/),
    });
    expect(await load(faces, true)).toMatchObject({ crop: { x: 0 }, faceCount: 3 });
  });

  it('says how small a face is that is too small', async () => {
    expect(await refusal(load([box(400, 79)]))).toMatchObject({
      code: 'FACE_TOO_SMALL',
      message: expect.stringMatching(/79 pixels/),
    });
    expect((await load([box(400, 80)])).image.width).toBe(128);
  });
});

/** A PNG whose header claims another size than its data has. */
function withSize(png: Buffer, width: number, height: number): Buffer {
  const forged = Buffer.from(png);
  forged.writeUInt32BE(width, 16);
  forged.writeUInt32BE(height, 20);
  forged.writeUInt32BE(crc32(forged.subarray(12, 29)), 29);
  return forged;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
