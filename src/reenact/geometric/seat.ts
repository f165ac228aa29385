import { GROUP_OF_LANDMARK, LANDMARK_GROUPS, type LandmarkGroup } from '../fit/landmark-groups.ts';
import type { LandmarkEmbedding } from '../fit/types.ts';
import { project } from '../head/camera.ts';
import type { Camera, HeadCoefficients, ShapedHead } from '../head/head-model.ts';
import { jointTransforms } from '../head/joint-transforms.ts';
import { poseHead } from '../head/pose-head.ts';
import { solve3 } from './numeric.ts';
import { addSpline, buildSpline } from './surface-spline.ts';

/** Smoothing of the spline a landmark group: the outline slides over the skin, so it only pulls gently. */
const SMOOTHING: Readonly<Record<LandmarkGroup, number>> = {
  lips: 0.002,
  eyes: 0.002,
  iris: 0.002,
  brows: 0.004,
  nose: 0.004,
  other: 0.01,
  jawLine: 0.12,
  oval: 0.2,
};
/** The jaw's opening at which distances are measured: the lips must not pull on each other. */
const APART_RAD = 0.4;
/** The correction is whole within this distance of a landmark and gone at the next, interocular distances. */
const FULL_WITHIN = 0.45;
const GONE_BEYOND = 1.3;
const ROUNDS = 4;

export interface SeatOptions {
  readonly shaped: ShapedHead;
  readonly embedding: LandmarkEmbedding;
  /** The portrait's own. */
  readonly coefficients: HeadCoefficients;
  readonly camera: Camera;
  /** `[points, 3]` where the portrait's landmarks are, pixels. */
  readonly landmarks: Float32Array;
  readonly interocularM: number;
}

/**
 * Seats the head on its picture: the same head with rest vertices moved so that, posed as the portrait, its
 * landmarks project to where the tracker saw them. The residuals are spread over the surface as a smoothed
 * biharmonic spline in the rest frame, so they turn with the head and open with the jaw. Depth is left as it is: one picture does not tell it.
 */
export function seatHead(options: SeatOptions): ShapedHead {
  const { shaped, embedding, interocularM } = options;
  const used = seatLandmarks(options);
  const apart = poseHead(shaped, {
    psi: new Float32Array(shaped.model.expressionCount),
    theta: Float32Array.of(0, 0, 0, 0, 0, 0, APART_RAD, 0, 0, 0, 0, 0, 0, 0, 0),
    translation: new Float32Array(3),
  });
  const centres = new Float64Array(used.length * 3);
  used.forEach((landmark, i) => {
    centres.set(onSurface(apart, shaped, embedding, landmark), i * 3);
  });
  const smoothing = used.map((landmark) => SMOOTHING[LANDMARK_GROUPS[GROUP_OF_LANDMARK[landmark]]]);
  const spline = buildSpline(centres, smoothing, interocularM);
  const influence = splineInfluence(apart, centres, interocularM);

  // While it settles only the vertices that carry landmarks are moved; the sum of the rounds moves them all.
  const carrying = new Float32Array(influence.length);
  for (const landmark of used)
    for (let k = 0; k < 3; k++) {
      const vertex = shaped.model.triangles[embedding.triangles[landmark] * 3 + k];
      carrying[vertex] = influence[vertex];
    }
  const settling: ShapedHead = { ...shaped, vertices: shaped.vertices.slice() };
  const total = new Float64Array(used.length * 3);
  for (let round = 0; round < ROUNDS; round++) {
    const residuals = restResiduals(settling, options, used);
    residuals.forEach((missed, i) => {
      total[i] += missed;
    });
    addSpline(spline, residuals, apart, carrying, settling.vertices);
  }
  const vertices = shaped.vertices.slice();
  addSpline(spline, total, apart, influence, vertices);
  return { ...shaped, vertices };
}

/** Irises turn with the eyes and are moved by the eye layer; points outside the picture are guesses. */
function seatLandmarks({ landmarks }: SeatOptions): number[] {
  const iris = LANDMARK_GROUPS.indexOf('iris');
  const used: number[] = [];
  for (let landmark = 0; landmark * 3 < landmarks.length; landmark++)
    if (GROUP_OF_LANDMARK[landmark] !== iris) used.push(landmark);
  return used;
}

function onSurface(
  vertices: Float32Array,
  shaped: ShapedHead,
  embedding: LandmarkEmbedding,
  landmark: number,
): [number, number, number] {
  const point: [number, number, number] = [0, 0, 0];
  for (let k = 0; k < 3; k++) {
    const vertex = shaped.model.triangles[embedding.triangles[landmark] * 3 + k];
    const weight = embedding.barycentric[landmark * 3 + k];
    for (let axis = 0; axis < 3; axis++) point[axis] += weight * vertices[vertex * 3 + axis];
  }
  return point;
}

/** `[V]` 1 near the landmarks, 0 far from them: a spline says nothing there. */
function splineInfluence(apart: Float32Array, centres: Float64Array, unitM: number): Float32Array {
  const influence = new Float32Array(apart.length / 3);
  for (let vertex = 0; vertex < influence.length; vertex++) {
    let nearest = Number.POSITIVE_INFINITY;
    for (let c = 0; c < centres.length; c += 3) {
      const dx = apart[vertex * 3] - centres[c];
      const dy = apart[vertex * 3 + 1] - centres[c + 1];
      const dz = apart[vertex * 3 + 2] - centres[c + 2];
      nearest = Math.min(nearest, dx * dx + dy * dy + dz * dz);
    }
    const along = (Math.sqrt(nearest) / unitM - FULL_WITHIN) / (GONE_BEYOND - FULL_WITHIN);
    const t = Math.min(1, Math.max(0, along));
    influence[vertex] = 1 - t * t * (3 - 2 * t);
  }
  return influence;
}

/** `[n, 3]` what each landmark misses, moved into the rest frame. */
function restResiduals(seated: ShapedHead, options: SeatOptions, used: readonly number[]): Float64Array {
  const { embedding, camera, coefficients, landmarks } = options;
  const posed = poseHead(seated, coefficients);
  const transforms = jointTransforms(seated.joints, coefficients.theta);
  const offsets = new Float64Array(used.length * 3);
  used.forEach((landmark, i) => {
    const point = onSurface(posed, seated, embedding, landmark);
    const [x, y] = project(camera, point);
    const metresPerPx = -point[2] / camera.focalPx;
    const missed = [
      (landmarks[landmark * 3] - x) * metresPerPx,
      (y - landmarks[landmark * 3 + 1]) * metresPerPx,
      0,
    ];
    const rest = solve3(blendedRotation(seated, embedding, landmark, transforms), missed);
    offsets.set(rest, i * 3);
  });
  return offsets;
}

function blendedRotation(
  { model }: ShapedHead,
  embedding: LandmarkEmbedding,
  landmark: number,
  transforms: Float64Array,
): Float64Array {
  const rotation = new Float64Array(9);
  for (let k = 0; k < 3; k++) {
    const vertex = model.triangles[embedding.triangles[landmark] * 3 + k];
    for (let joint = 0; joint < 5; joint++) {
      const weight = embedding.barycentric[landmark * 3 + k] * model.skinWeights[vertex * 5 + joint];
      for (let row = 0; row < 3; row++)
        for (let column = 0; column < 3; column++)
          rotation[row * 3 + column] += weight * transforms[joint * 12 + row * 4 + column];
    }
  }
  return rotation;
}
