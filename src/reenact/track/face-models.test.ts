import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import {
  defaultFaceModelPaths,
  faceMeshPackagePath,
  loadFaceModels,
  parsePackedAssets,
  parseTaskBundle,
} from './face-models.ts';
import { describeShapes } from './tflite-graph.ts';

const { LOKI_DATA_DIR } = process.env;
const DATA_DIR = LOKI_DATA_DIR ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const TASK = join(DATA_DIR, 'models', 'face_landmarker.task');
const PACKED_DATA = 'face_mesh_solution_packed_assets.data';
const PACKED_LOADER = 'face_mesh_solution_packed_assets_loader.js';

const scratch = mkdtempSync(join(tmpdir(), 'loki-models-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('loadFaceModels', () => {
  it('falls back to the npm package where no bundle is there', async () => {
    const models = await loadFaceModels([join(scratch, 'missing.task'), faceMeshPackagePath()]);
    expect(models).toMatchObject({ points: 478, meshInputSize: 192, source: '@mediapipe/face_mesh' });
    expect(describeShapes(models.mesh)).toBe('1x192x192x3 → 1x1x1x1404 1x1x1x1 1x48x48x32');
    expect(describeShapes(models.heads!)).toMatch(/^1x16x16x32 1x16x16x32 1x16x16x32 → /);
    expect(describeShapes(models.detector)).toBe('1x128x128x3 → 1x896x16 1x896x1');
  });

  it('takes the plain mesh of the package where refinement is not wanted', async () => {
    const models = await loadFaceModels([faceMeshPackagePath()], false);
    expect(models).toMatchObject({ points: 468, meshInputSize: 192, heads: null });
    expect(describeShapes(models.mesh)).toBe('1x192x192x3 → 1x1x1x1404 1x1x1x1');
  });

  it('looks in models/cache first unless told otherwise', () => {
    expect(defaultFaceModelPaths()[0]).toMatch(/models[\\/]cache[\\/]face_landmarker\.task$/);
    expect(defaultFaceModelPaths()[1]).toBe(faceMeshPackagePath());
  });

  it('says MODEL_MISSING when nothing is there', async () => {
    await expect(loadFaceModels([join(scratch, 'a.task'), join(scratch, 'b')])).rejects.toMatchObject({
      code: 'MODEL_MISSING',
    });
  });

  it('refuses a bundle that is not the known one, even when a good source follows', async () => {
    const fake = join(scratch, 'fake.task');
    await writeFile(fake, 'not a model');
    await expect(loadFaceModels([fake, faceMeshPackagePath()])).rejects.toMatchObject({
      code: 'MODEL_INVALID',
    });
  });

  it('refuses a package with one changed byte, or without its loader script', async () => {
    const folder = join(scratch, 'package');
    await mkdir(folder);
    await copyFile(join(faceMeshPackagePath(), PACKED_DATA), join(folder, PACKED_DATA));
    await expect(loadFaceModels([folder])).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining(PACKED_LOADER),
    });
    const data = await readFile(join(folder, PACKED_DATA));
    data[data.length - 1000] ^= 1;
    await writeFile(join(folder, PACKED_DATA), data);
    await expect(loadFaceModels([folder])).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('SHA-256'),
    });
  });
});

describe('parsePackedAssets', () => {
  it('refuses data that is shorter than the loader script says, and a script without the list', async () => {
    const data = await readFile(join(faceMeshPackagePath(), PACKED_DATA));
    const script = await readFile(join(faceMeshPackagePath(), PACKED_LOADER), 'utf8');
    for (const [bytes, text] of [
      [data.subarray(0, data.length - 1), script],
      [data.subarray(0, 1000), script],
      [data, 'no list here'],
      [data, script.replace('face_landmark_with_attention.tflite', 'other.tflite')],
      [Buffer.alloc(data.length), script],
    ] as const) {
      expect(() => parsePackedAssets(bytes, text)).toThrow(
        expect.objectContaining({ code: 'MODEL_INVALID' }),
      );
    }
  });
});

describe.skipIf(!existsSync(TASK))(`face_landmarker.task (skipped without ${TASK})`, () => {
  it('gives the 478-point mesh', async () => {
    const models = await loadFaceModels([TASK, faceMeshPackagePath()]);
    expect(models).toMatchObject({ points: 478, meshInputSize: 256, source: 'face_landmarker.task' });
    expect(describeShapes(models.mesh)).toBe('1x256x256x3 → 1x1x1x1434 1x1x1x1');
  });

  it('is refused wherever it is cut off', async () => {
    const bytes = await readFile(TASK);
    for (const share of [0, 0.001, 0.1, 0.5, 0.9, 0.999]) {
      expect(() => parseTaskBundle(bytes.subarray(0, Math.floor(share * bytes.length)))).toThrow(
        expect.objectContaining({ code: 'MODEL_INVALID' }),
      );
    }
  });

  it('survives damage anywhere in its tables: MODEL_INVALID or a model, never another error', async () => {
    const whole = await readFile(TASK);
    // Deterministic damage, dense near the start of each network and in the zip directory at the end.
    let seed = 1;
    const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const places = [4700, 234_500, whole.length - 340];
    for (let run = 0; run < 60; run++) {
      const bytes = Buffer.from(whole);
      const place = places[run % places.length];
      for (let i = 0; i < 6; i++) {
        const at = place + Math.floor(random() * Math.min(2000, whole.length - place));
        bytes[at] = Math.floor(random() * 256);
      }
      try {
        parseTaskBundle(bytes);
      } catch (error) {
        expect(error).toMatchObject({ name: 'LokiError', code: 'MODEL_INVALID' });
      }
    }
  });
});
