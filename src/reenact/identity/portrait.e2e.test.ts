import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LokiError } from '../../errors.ts';
import { createFaceTracker } from '../track/face-tracker.ts';
import type { FaceTracker } from '../track/types.ts';
import { loadPortrait } from './portrait.ts';

const AVATARS = fileURLToPath(new URL('../../../models/builtin/avatars/', import.meta.url));

let folder: string;
let tracker: FaceTracker;
let people: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loki-portraits-'));
  tracker = await createFaceTracker();
  people = (await readdir(AVATARS))
    .filter((name) => name.endsWith('.jpg'))
    .map((name) => join(AVATARS, name));
});
afterAll(async () => {
  await tracker.close();
  await rm(folder, { recursive: true, force: true });
});

/** Pictures laid on a grey canvas; `side` is the side that each is scaled to. */
async function canvas(
  name: string,
  width: number,
  height: number,
  pictures: readonly { person: number; side: number; left: number; top: number }[],
): Promise<string> {
  const path = join(folder, name);
  const composite = await Promise.all(
    pictures.map(async ({ person, side, left, top }) => ({
      input: await sharp(people[person]).resize(side, side).toBuffer(),
      left,
      top,
    })),
  );
  await sharp({ create: { width, height, channels: 3, background: '#8a8f94' } })
    .composite(composite)
    .png()
    .toFile(path);
  return path;
}

const load = (path: string, largestFace = false) => loadPortrait(path, tracker, { size: 256, largestFace });
const refusal = (path: string): Promise<LokiError> =>
  load(path).then(
    () => expect.fail('it was accepted'),
    (error: LokiError) => error,
  );

describe('a portrait, looked at by the real tracker', () => {
  it('of every built-in avatar is one face, large in its crop', async () => {
    expect(people.length).toBeGreaterThanOrEqual(8);
    for (const path of people) {
      const { image, faceCount } = await load(path);
      expect(faceCount, path).toBe(1);
      const face = await tracker.trackStill(image);
      expect(face, path).not.toBeNull();
      const rows = Array.from({ length: 478 }, (_, i) => face!.landmarks[i * 3 + 1]);
      const height = Math.max(...rows.slice(0, face!.points)) - Math.min(...rows.slice(0, face!.points));
      expect(height / 256, path).toBeGreaterThan(0.3);
      expect(height / 256, path).toBeLessThan(0.6);
    }
  });

  it('without a face is refused', async () => {
    expect(await refusal(await canvas('empty.png', 640, 480, []))).toMatchObject({ code: 'NO_FACE' });
  });

  it('with three faces says so, and gives the largest when told to', async () => {
    const path = await canvas('three.png', 1400, 640, [
      { person: 0, side: 360, left: 0, top: 200 },
      { person: 1, side: 600, left: 380, top: 20 },
      { person: 2, side: 340, left: 1020, top: 200 },
    ]);
    expect(await refusal(path)).toMatchObject({
      code: 'SEVERAL_FACES',
      message: expect.stringMatching(/3 faces/),
    });
    const { crop, faceCount } = await load(path, true);
    expect(faceCount).toBe(3);
    expect(crop.x + crop.side / 2).toBeGreaterThan(380);
    expect(crop.x + crop.side / 2).toBeLessThan(980);
  });

  it('with a face that is too small says how small', async () => {
    const path = await canvas('small.png', 640, 480, [{ person: 0, side: 140, left: 250, top: 160 }]);
    expect(await refusal(path)).toMatchObject({
      code: 'FACE_TOO_SMALL',
      message: expect.stringMatching(/only [4-7]\d pixels/),
    });
  });

  it('that is large and wide is cropped to the person', async () => {
    const path = await canvas('wide.png', 3600, 1800, [{ person: 3, side: 700, left: 2600, top: 900 }]);
    const { crop } = await load(path);
    expect(crop.x).toBeGreaterThan(2300);
    expect(crop.side).toBeLessThan(1100);
  });
});
