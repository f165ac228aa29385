import { loadLandmarkEmbedding } from '../fit/landmark-embedding.ts';
import { LANDMARK_COUNT } from '../fit/types.ts';
import type { Camera, HeadCoefficients, HeadModel } from '../head/head-model.ts';
import { loadHeadModel } from '../head/load-head-model.ts';
import { poseHead } from '../head/pose-head.ts';
import { logRotation, matrixFromEuler } from '../head/rotation.ts';
import { shapeHead } from '../head/shape-head.ts';
import type { WarpRigSource } from './rig.ts';
import { projectPoints, surfacePoints } from './seated-head.ts';
import { mapSurface, rayBarycentric } from './surface-map.ts';

const HEAD = new URL('../../../models/head/open-head.bin', import.meta.url).pathname;
const EMBEDDING = new URL('../../../models/head/open-head.landmarks.json', import.meta.url).pathname;

export interface FixtureOptions {
  readonly size?: number;
  readonly yawDeg?: number;
  readonly jawRad?: number;
  /** 468 leaves the irises out. */
  readonly points?: 468 | 478;
}

/** Colours that nothing else in the picture has. */
export const IRIS_COLOR = [20, 60, 200];
export const WHITE_COLOR = [238, 236, 230];

/**
 * A portrait for tests: the open head drawn flat (skin, whites, blue irises, brown hair above the brows) before a
 * striped background, with its own landmarks and true coefficients instead of tracked and fitted ones.
 */
export async function portraitFixture(options: FixtureOptions = {}): Promise<WarpRigSource> {
  const { size = 256, yawDeg = 0, jawRad = 0, points = 478 } = options;
  const model = await loadHeadModel(HEAD);
  const embedding = await loadLandmarkEmbedding(EMBEDDING, model);
  const camera: Camera = { focalPx: 2.1 * size, centreX: size / 2, centreY: size / 2 };
  const theta = new Float32Array(15);
  theta.set(logRotation(matrixFromEuler({ yaw: (yawDeg * Math.PI) / 180, pitch: 0, roll: 0 })));
  theta[6] = jawRad;
  const coefficients: HeadCoefficients = {
    psi: new Float32Array(model.expressionCount),
    theta,
    translation: Float32Array.of(0, -0.01, -0.75),
  };
  const shaped = shapeHead(model, []);
  const posed = poseHead(shaped, coefficients);
  const landmarks = projectPoints(
    camera,
    posed,
    surfacePoints(embedding, model.triangles),
    new Float32Array(LANDMARK_COUNT * 3),
  );
  const data = paint(model, camera, posed, shaped.vertices, shaped.joints, size);
  return {
    model,
    embedding,
    reference: {
      image: { width: size, height: size, data },
      calibration: {
        beta: new Float32Array(model.shapeCount),
        camera,
        bias: new Float32Array(LANDMARK_COUNT * 3),
        neutral: coefficients,
        interocularM: Math.abs(shaped.joints[9] - shaped.joints[12]),
      },
      coefficients,
      landmarks: {
        sequence: 0,
        ptsMs: 0,
        captureTimeMs: 0,
        landmarks: landmarks.slice(0, points * 3),
        points,
        confidence: 1,
        imageWidth: size,
        imageHeight: size,
      },
    },
  };
}

function paint(
  model: HeadModel,
  camera: Camera,
  posed: Float32Array,
  rest: Float32Array,
  joints: Float32Array,
  size: number,
): Uint8Array {
  const lashes = model.parts.indexOf('lashes');
  const solid = Array.from({ length: model.triangleCount }, (_, t) => t).filter(
    (t) => model.triangleParts[t] !== lashes,
  );
  const map = mapSurface(camera, posed, model.triangles, solid, size, size);
  const data = new Uint8Array(size * size * 4).fill(255);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const p = y * size + x;
      const t = map.triangle[p];
      const color = t < 0 ? background(x, y) : surface(t, x + 0.5, y + 0.5);
      for (let k = 0; k < 3; k++) data[p * 4 + k] = color[k];
    }
  return data;

  function surface(t: number, x: number, y: number): number[] {
    const weights = rayBarycentric(camera, posed, model.triangles, t, x, y);
    const at = [0, 1, 2].map((axis) =>
      weights.reduce((sum, w, k) => sum + w * rest[model.triangles[t * 3 + k] * 3 + axis], 0),
    );
    const part = model.parts[model.triangleParts[t]];
    if (part === 'eyeLeft' || part === 'eyeRight') {
      const joint = part === 'eyeLeft' ? 9 : 12;
      const away = [0, 1, 2].map((axis) => at[axis] - joints[joint + axis]);
      return Math.acos(away[2] / Math.hypot(...away)) < 0.5 ? IRIS_COLOR : WHITE_COLOR;
    }
    if (part !== 'skin') return [90, 30, 30];
    if (at[1] > 0.075) return [70, 45, 30];
    return [215 + 200 * at[0], 165 + 200 * at[1], 140];
  }
}

function background(x: number, y: number): number[] {
  return (x >> 4) % 2 === 0 ? [90, 120, 90 + (y >> 3)] : [110, 140, 110 + (y >> 3)];
}
