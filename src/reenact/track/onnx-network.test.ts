import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { RgbaImage } from '../frame.ts';
import { type FaceCandidate, FaceDetector } from './face-detector.ts';
import { defaultFaceModelPaths, loadFaceModels } from './face-models.ts';
import { createMesh } from './mesh-factory.ts';
import { openNetwork } from './onnx-network.ts';
import type { Roi } from './roi.ts';
import type { TfliteGraph, TfliteOperator } from './tflite-graph.ts';
import { wholePicture } from './tiles.ts';

/** What LiteRT, the networks' own runtime, finds in two frames of the built-in driver; fixtures/README.md. */
interface Reference {
  readonly picture: string;
  readonly source: 'task' | 'package';
  readonly refine: boolean;
  readonly box: FaceCandidate;
  readonly roi: Roi;
  readonly confidence: number;
  /** x, y, z of every third landmark, pixels of the picture. */
  readonly landmarks: readonly number[];
  /** Confidence in regions moved to the right by a share of their side. */
  readonly beside: readonly (readonly [share: number, confidence: number])[];
}

const FIXTURES = new URL('./fixtures/', import.meta.url);
const [TASK, PACKAGE] = defaultFaceModelPaths();
/** Pixels of the network's picture. */
const TOLERANCE_PX = 0.05;

async function readPicture(name: string): Promise<RgbaImage> {
  const path = fileURLToPath(new URL(name, FIXTURES));
  const { data, info } = await sharp(path).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

const { faces } = JSON.parse(await readFile(new URL('litert-reference.json', FIXTURES), 'utf8')) as {
  faces: Reference[];
};

describe('networks in ONNX Runtime', () => {
  for (const { picture, source, refine, box, roi, confidence, landmarks, beside } of faces) {
    const path = source === 'task' ? TASK : PACKAGE;
    const missing = existsSync(path) ? '' : ` (skipped without ${path})`;
    it.skipIf(missing !== '')(
      `find what LiteRT finds: ${source}, ${refine ? 478 : 468} points, ${picture}${missing}`,
      async () => {
        const models = await loadFaceModels([path], refine);
        const image = await readPicture(picture);
        const detector = new FaceDetector(await openNetwork(models.detector, 1));
        const [found] = await detector.find(image, wholePicture(image.width, image.height), 0.5);
        for (const key of ['x', 'y', 'width', 'height'] as const) {
          expect(Math.abs(found[key] - box[key])).toBeLessThan(TOLERANCE_PX);
        }
        expect(found.score).toBeCloseTo(box.score, 3);
        expect(found.rotationRad).toBeCloseTo(box.rotationRad, 3);
        const mesh = await createMesh(models, 1);
        const located = await mesh.locate(image, roi);
        expect(Math.abs(located.confidence - confidence)).toBeLessThan(0.01);
        const tolerance = (TOLERANCE_PX * roi.sizePx) / models.meshInputSize;
        for (const [i, expected] of landmarks.entries()) {
          const value = located.landmarks[9 * Math.floor(i / 3) + (i % 3)];
          expect(Math.abs(value - expected), `coordinate ${i}`).toBeLessThan(tolerance);
        }
        for (const [share, expected] of beside) {
          const moved = { ...roi, centreX: roi.centreX + share * roi.sizePx };
          expect(Math.abs((await mesh.locate(image, moved)).confidence - expected)).toBeLessThan(0.01);
        }
      },
    );
  }

  it('refuse operators that are not among the known, and weights that are not there', async () => {
    const wiring = { inputs: [0], outputs: [1] };
    const tensor = { shape: [1, 2, 2, 3], type: 'float32', data: null } as const;
    const window = { padding: 'same', strides: [1, 1] } as const;
    const operators: TfliteOperator[] = [
      { ...wiring, kind: 'unknown', code: 32 },
      { ...wiring, inputs: [0, 0, 0], kind: 'conv', ...window },
      { ...wiring, inputs: [0, 7], kind: 'add' },
      { ...wiring, inputs: [0, 0], kind: 'pad' },
    ];
    for (const operator of operators) {
      const graph: TfliteGraph = { ...wiring, tensors: [tensor, tensor], operators: [operator] };
      await expect(openNetwork(graph, 1)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    }
  });
});
