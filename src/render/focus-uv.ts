import type { HeadModel } from '../reenact/head/head-model.ts';

const BINS = 512;
/** Share of each axis that stays evenly spread, so that no part of the skin is squeezed to nothing. */
const EVEN = 0.3;

/**
 * Texture coordinates stretched, each axis for itself, so that the face gets most of the texture: an atlas that was
 * drawn for a whole body leaves lips and brows a few texels. The map of each axis is monotone (a cumulated histogram of
 * how much detail lies where), so triangles that did not overlap still do not, but for those bent over a bin's border.
 * @param cornerUv `[F, 3, 2]` inside 0..1.
 * @param facePoints `[V, 3]` template in the face frame.
 * @returns A new array of the same shape, inside 0.002..0.998.
 */
export function focusUv(model: HeadModel, cornerUv: Float32Array, facePoints: Float32Array): Float32Array {
  const out = new Float32Array(cornerUv.length);
  for (let axis = 0; axis < 2; axis++) {
    const detail = new Float64Array(BINS);
    for (let f = 0; f < model.triangleCount; f++) {
      const amount = detailOf(model, facePoints, f);
      if (amount === 0) continue;
      const at = [0, 1, 2].map((k) => cornerUv[f * 6 + k * 2 + axis]);
      const first = binOf(Math.min(...at));
      const last = binOf(Math.max(...at));
      for (let bin = first; bin <= last; bin++) detail[bin] += amount / (last - first + 1);
    }
    const steps = cumulate(smooth(detail));
    for (let i = axis; i < cornerUv.length; i += 2) {
      const place = Math.min(BINS - 1e-6, Math.max(0, cornerUv[i] * BINS));
      const bin = Math.floor(place);
      out[i] = 0.002 + 0.996 * (steps[bin] + (steps[bin + 1] - steps[bin]) * (place - bin));
    }
  }
  return out;
}

function binOf(coordinate: number): number {
  return Math.min(BINS - 1, Math.max(0, Math.floor(coordinate * BINS)));
}

/** How much is to be seen on a triangle: its width, times how closely people look at that part of a face. */
function detailOf(model: HeadModel, facePoints: Float32Array, f: number): number {
  const part = model.parts[model.triangleParts[f]];
  // Parts without a name are the bust.
  if (part !== 'skin' && part !== undefined) return 0;
  const [a, b, c] = model.triangles.subarray(f * 3, f * 3 + 3);
  const [x, y, z] = [0, 1, 2].map(
    (k) => (facePoints[a * 3 + k] + facePoints[b * 3 + k] + facePoints[c * 3 + k]) / 3,
  );
  const u = [0, 1, 2].map((k) => facePoints[b * 3 + k] - facePoints[a * 3 + k]);
  const v = [0, 1, 2].map((k) => facePoints[c * 3 + k] - facePoints[a * 3 + k]);
  const width = Math.sqrt(
    Math.hypot(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]),
  );
  const inFace = z > -0.35 && y > -1.9 && y < 0.75;
  const features =
    inFace && Math.abs(x) < 1 && (y > -0.3 || (y < -0.6 && y > -1.5 && Math.abs(x) < 0.55)) && y < 0.45;
  return width * (features ? 4 : inFace ? 2 : 0.5);
}

function smooth(values: Float64Array): Float64Array {
  const reach = 6;
  return values.map((_, i) => {
    let sum = 0;
    for (let k = -reach; k <= reach; k++) sum += values[Math.min(BINS - 1, Math.max(0, i + k))] ?? 0;
    return sum;
  });
}

/** `[BINS + 1]` rising from 0 to 1. */
function cumulate(detail: Float64Array): Float64Array {
  const total = detail.reduce((sum, value) => sum + value, 0) || 1;
  const steps = new Float64Array(BINS + 1);
  for (let i = 0; i < BINS; i++) steps[i + 1] = steps[i] + EVEN / BINS + ((1 - EVEN) * detail[i]) / total;
  return steps;
}
