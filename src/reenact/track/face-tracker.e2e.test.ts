import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openVideo } from '../codec/open-video.ts';
import type { RgbaImage, VideoFrame } from '../frame.ts';
import { DRAWN_INTEROCULAR, DRAWN_LANDMARKS, type DrawnFace, drawFaces, drawnPoint } from './drawn-face.ts';
import { faceMeshPackagePath } from './face-models.ts';
import { createFaceTracker } from './face-tracker.ts';
import type { FaceTracker, TrackedFace } from './types.ts';

const { LOKI_DATA_DIR } = process.env;
const DATA_DIR = LOKI_DATA_DIR ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const CACHED_TASK = fileURLToPath(new URL('../../../models/cache/face_landmarker.task', import.meta.url));
const TASK = [join(DATA_DIR, 'models', 'face_landmarker.task'), CACHED_TASK].find(existsSync);
const CLIPS = ['d0', 'd9', 'd10', 'd18', 'd20'].map((name) => join(DATA_DIR, 'drivers', `${name}.mp4`));
const PORTRAITS = ['s0', 's5', 's7', 's8', 's9'].map((name) => join(DATA_DIR, 'portraits', `${name}.jpg`));
/** Longer clips are tracked in part, long enough to drift if it drifts, and each other frame alone, which is harder. */
const MAX_CLIP_FRAMES = 80;
const CLIP_STRIDE = 2;

function frameOf(image: RgbaImage, sequence: number): VideoFrame {
  return { image, sequence, ptsMs: 40 * sequence, captureTimeMs: 1000 + 40 * sequence };
}

async function trackAll(tracker: FaceTracker, images: RgbaImage[]): Promise<(TrackedFace | null)[]> {
  tracker.reset();
  const faces: (TrackedFace | null)[] = [];
  for (const [i, image] of images.entries()) faces.push((await tracker.track(frameOf(image, i))).face);
  return faces;
}

/** Largest error of the known landmarks of a drawn face, fraction of its inter-ocular distance. */
function drawnError({ landmarks }: TrackedFace, face: DrawnFace): number {
  return (
    Math.max(
      ...DRAWN_LANDMARKS.map(([index, x, y]) => {
        const [px, py] = drawnPoint(face, x, y);
        return Math.hypot(landmarks[3 * index] - px, landmarks[3 * index + 1] - py);
      }),
    ) /
    (DRAWN_INTEROCULAR * face.scale)
  );
}

/** Mean shift of the landmarks between two frames, fraction of the inter-ocular distance. */
function shift(a: TrackedFace, b: TrackedFace): number {
  const [p, q] = [a.landmarks, b.landmarks];
  let sum = 0;
  for (let i = 0; i < p.length; i += 3) sum += Math.hypot(p[i] - q[i], p[i + 1] - q[i + 1]);
  return sum / (p.length / 3) / Math.hypot(p[99] - p[789], p[100] - p[790]);
}

async function readPicture(path: string): Promise<RgbaImage> {
  const { data, info } = await sharp(path).rotate().ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

const PACKAGE = faceMeshPackagePath();
const SOURCES = [
  { name: '478 points of @mediapipe/face_mesh', path: PACKAGE, refine: true, points: 478 },
  { name: '468 points of @mediapipe/face_mesh', path: PACKAGE, refine: false, points: 468 },
  { name: '478 points of face_landmarker.task', path: TASK ?? '', refine: true, points: 478 },
] as const;

for (const { name, path, refine, points } of SOURCES) {
  const missing = path === '' ? ` (skipped: no face_landmarker.task in ${DATA_DIR} or models/cache)` : '';
  describe.skipIf(path === '')(`face tracker, ${name}${missing}`, () => {
    let tracker: FaceTracker;
    beforeAll(async () => {
      tracker = await createFaceTracker({ modelPaths: [path], refine });
    });
    afterAll(() => tracker.close());

    it('says which networks it runs', () => {
      expect(tracker.points).toBe(points);
      expect(path).toContain(tracker.source);
    });

    it('puts the landmarks of a still where the drawing has them', async () => {
      for (const face of [
        { x: 250, y: 230, scale: 1 },
        { x: 300, y: 260, scale: 0.6, rollRad: 0.5 },
        { x: 200, y: 300, scale: 0.8, rollRad: -0.9 },
      ]) {
        const found = await tracker.trackStill(await drawFaces(512, 512, [face]));
        expect(found).toMatchObject({ points, imageWidth: 512, imageHeight: 512, sequence: 0 });
        expect(found!.landmarks.length).toBe(3 * points);
        expect(found!.confidence).toBeGreaterThan(0.99);
        expect(drawnError(found!, face)).toBeLessThan(0.06);
      }
    });

    it.skipIf(points === 468)('sees where the eyes look', async () => {
      for (const gaze of [
        [0, 0],
        [9, 0],
        [-9, 0],
        [5, 3],
        [-5, -3],
      ] as const) {
        const face: DrawnFace = { x: 250, y: 230, scale: 1, gaze };
        const { landmarks } = (await tracker.trackStill(await drawFaces(512, 512, [face])))!;
        for (const [pupil, x] of [
          [468, -50],
          [473, 50],
        ] as const) {
          const [px, py] = drawnPoint(face, x + gaze[0], gaze[1] - 2);
          const error = Math.hypot(landmarks[3 * pupil] - px, landmarks[3 * pupil + 1] - py);
          expect(error / DRAWN_INTEROCULAR, `pupil ${pupil}, gaze ${gaze}`).toBeLessThan(0.03);
        }
      }
    });

    it('follows a face that moves, rolls and grows, and keeps the stamps', async () => {
      const faces = Array.from({ length: 40 }, (_, i) => ({
        x: 180 + 4 * i,
        y: 240 + 30 * Math.sin(i / 6),
        scale: 0.5 + 0.01 * i,
        rollRad: 0.5 * Math.sin(i / 8),
      }));
      tracker.reset();
      for (const [i, face] of faces.entries()) {
        const frame = frameOf(await drawFaces(640, 480, [face]), i);
        const result = await tracker.track(frame);
        expect(result).toMatchObject({ sequence: i, ptsMs: 40 * i, captureTimeMs: 1000 + 40 * i });
        expect(result.face).toMatchObject({ sequence: i, imageWidth: 640, imageHeight: 480 });
        expect(drawnError(result.face!, face)).toBeLessThan(0.08);
      }
    });

    it('comes to rest on a repeated frame', async () => {
      const image = await drawFaces(512, 512, [{ x: 256, y: 220, scale: 0.9, rollRad: 0.1 }]);
      const faces = await trackAll(tracker, new Array<RgbaImage>(20).fill(image));
      for (let i = 11; i < 20; i++) expect(shift(faces[i]!, faces[i - 1]!)).toBeLessThan(0.0005);
    });

    it('loses the face on blank frames and finds it in the first frame that has it again, wherever', async () => {
      const here = await drawFaces(640, 480, [{ x: 200, y: 200, scale: 0.7 }]);
      const there = await drawFaces(640, 480, [{ x: 480, y: 260, scale: 0.45 }]);
      const blank = await drawFaces(640, 480, []);
      const faces = await trackAll(tracker, [here, here, blank, blank, blank, there, blank, here]);
      expect(faces.map((face) => face !== null)).toEqual([
        true,
        true,
        false,
        false,
        false,
        true,
        false,
        true,
      ]);
      expect(drawnError(faces[5]!, { x: 480, y: 260, scale: 0.45 })).toBeLessThan(0.08);
    });

    it('lets go of a face that leaves the picture', async () => {
      const images = await Promise.all(
        Array.from({ length: 24 }, (_, i) => drawFaces(640, 480, [{ x: 320 + 22 * i, y: 220, scale: 0.7 }])),
      );
      const faces = await trackAll(tracker, images);
      expect(faces.slice(0, 10).every((face) => face !== null)).toBe(true);
      expect(faces.slice(-4).every((face) => face === null)).toBe(true);
    });

    it('finds every face of a 4K picture down to 80 px, largest first, and nothing else', async () => {
      const sizes = [700, 400, 250, 160, 120, 100, 90, 84];
      const faces = sizes.map((px, i) => ({
        x: 500 + 930 * (i % 4),
        y: i < 4 ? 700 : 1800,
        scale: px / 225,
        rollRad: 0.15 * ((i % 3) - 1),
      }));
      const image = await drawFaces(3840, 2160, faces);
      const boxes = await tracker.detect(image);
      expect(boxes.length).toBe(sizes.length);
      boxes.forEach((box, i) => {
        expect(Math.hypot(box.x + box.width / 2 - faces[i].x, box.y - faces[i].y)).toBeLessThan(sizes[i]);
        expect(Math.abs(box.width / sizes[i] - 1)).toBeLessThan(0.35);
        expect(box.rotationRad).toBeCloseTo(faces[i].rollRad, 1);
      });
    });

    it('finds no face where there is none', async () => {
      let seed = 7;
      const noise = new Uint8Array(4 * 800 * 600).map(() => (seed = (seed * 48271) % 2147483647) & 255);
      expect(await tracker.detect({ width: 800, height: 600, data: noise })).toEqual([]);
      expect(await tracker.detect(await drawFaces(1280, 720, []))).toEqual([]);
      expect(await tracker.trackStill(await drawFaces(64, 48, []))).toBeNull();
    });

    describe.skipIf(!existsSync(DATA_DIR))(`real pictures (skipped without ${DATA_DIR})`, () => {
      it('finds the one face of each portrait: paintings and a 3-D character', async () => {
        for (const portrait of PORTRAITS) {
          const image = await readPicture(portrait);
          const boxes = await tracker.detect(image);
          expect(boxes.length, portrait).toBe(1);
          expect((await tracker.trackStill(image, boxes[0]))?.confidence).toBeGreaterThan(0.99);
        }
      });

      it('tracks at least 99 % of the frames of each clip', async () => {
        for (const clip of CLIPS) {
          const video = await openVideo(clip);
          let frames = 0;
          let tracked = 0;
          tracker.reset();
          for await (const frame of video.frames()) {
            if (frame.sequence === MAX_CLIP_FRAMES) break;
            if (frame.sequence % CLIP_STRIDE !== 0) continue;
            frames++;
            if ((await tracker.track(frame)).face !== null) tracked++;
          }
          await video.close();
          expect(tracked / frames, clip).toBeGreaterThanOrEqual(0.99);
        }
      });
    });
  });
}

describe('face tracker thread', () => {
  const modelPaths = [PACKAGE];

  async function startWithThread(): Promise<[FaceTracker, Worker]> {
    const thread = new Promise<Worker>((resolve) => process.once('worker', resolve));
    return [await createFaceTracker({ modelPaths }), await thread];
  }

  it('answers more calls than it has room for, in order, and leaves the pixels alone', async () => {
    const tracker = await createFaceTracker({ modelPaths });
    const image = await drawFaces(320, 240, [{ x: 160, y: 100, scale: 0.5 }]);
    const before = image.data.slice();
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 12 }, async (_, i) => {
        const { sequence, face } = await tracker.track(frameOf(image, i));
        expect(face?.sequence).toBe(i);
        order.push(sequence);
      }),
    );
    expect(order).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(image.data).toEqual(before);
    await tracker.close();
  });

  it('rejects what is pending and all that follows with WORKER_DIED when its thread dies', async () => {
    const [tracker, thread] = await startWithThread();
    const image = await drawFaces(320, 240, []);
    const pending = Array.from({ length: 6 }, () => tracker.detect(image));
    await thread.terminate();
    for (const result of await Promise.allSettled(pending)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'WORKER_DIED' } });
    }
    await expect(tracker.detect(image)).rejects.toMatchObject({ code: 'WORKER_DIED' });
    tracker.reset();
    await tracker.close();
  });

  it('closes twice, rejecting what is pending with CANCELLED', async () => {
    const tracker = await createFaceTracker({ modelPaths });
    const image = await drawFaces(320, 240, []);
    const pending = Array.from({ length: 5 }, () => tracker.detect(image));
    const closed = Promise.all([tracker.close(), tracker.close()]);
    for (const result of await Promise.allSettled(pending)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'CANCELLED' } });
    }
    await closed;
    await tracker.close();
    await expect(tracker.track(frameOf(image, 0))).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('lets the network that runs come to its end, whenever it is closed', async () => {
    // Terminating the thread instead took the whole process with it, in one of a few tries.
    const image = await drawFaces(640, 480, [{ x: 320, y: 240, scale: 1 }]);
    for (let delayMs = 0; delayMs < 60; delayMs += 10) {
      const tracker = await createFaceTracker({ modelPaths });
      const tracked = Promise.allSettled([0, 40].map((ptsMs) => tracker.track(frameOf(image, ptsMs))));
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await tracker.close();
      expect((await tracked).length).toBe(2);
    }
  });

  it('refuses missing models, bad options and pictures of the wrong length', async () => {
    await expect(createFaceTracker({ modelPaths: ['/nowhere.task'] })).rejects.toMatchObject({
      code: 'MODEL_MISSING',
    });
    const notATask = fileURLToPath(import.meta.url);
    await expect(createFaceTracker({ modelPaths: [`${notATask}.task`, notATask] })).rejects.toMatchObject({
      code: 'MODEL_MISSING',
    });
    for (const numThreads of [0, 1.5, 99]) {
      await expect(createFaceTracker({ modelPaths, numThreads })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
    }
    const tracker = await createFaceTracker({ modelPaths });
    await expect(tracker.detect({ width: 4, height: 4, data: new Uint8Array(63) })).rejects.toMatchObject({
      code: 'INTERNAL',
    });
    await tracker.close();
  });

  it('gives the same landmarks with two threads, up to rounding', async () => {
    const image = await drawFaces(400, 400, [{ x: 200, y: 180, scale: 0.7 }]);
    const results: (TrackedFace | null)[] = [];
    for (const numThreads of [1, 2]) {
      const tracker = await createFaceTracker({ modelPaths, numThreads });
      results.push(await tracker.trackStill(image));
      await tracker.close();
    }
    expect(shift(results[0]!, results[1]!)).toBeLessThan(0.001);
  });
});
