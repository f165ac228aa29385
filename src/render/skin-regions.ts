import { smoothstep } from './colour.ts';

/**
 * Where things are on a face, drawn on the open head's template in units of the face frame (face-frame.ts), x taken
 * as |x| where a thing is there twice. All masks are 0..1.
 */

type Polyline = readonly (readonly [number, number])[];

/** Border between red lip and skin, from the middle to the corner of the mouth. */
const UPPER_LIP: Polyline = [
  [0, -1.025],
  [0.05, -1.0],
  [0.085, -0.992],
  [0.15, -1.012],
  [0.23, -1.055],
  [0.32, -1.115],
  [0.38, -1.168],
  [0.405, -1.195],
];
const LOWER_LIP: Polyline = [
  [0, -1.352],
  [0.1, -1.348],
  [0.18, -1.328],
  [0.26, -1.285],
  [0.33, -1.24],
  [0.38, -1.21],
  [0.405, -1.195],
];
/** Line on which the lips meet. */
const LIP_SEAM: Polyline = [
  [0, -1.168],
  [0.17, -1.16],
  [0.35, -1.175],
  [0.41, -1.195],
];
/** Middle line of a brow, from the nose outwards. */
const BROW: Polyline = [
  [0.16, 0.205],
  [0.25, 0.232],
  [0.4, 0.268],
  [0.55, 0.298],
  [0.66, 0.305],
  [0.78, 0.272],
  [0.92, 0.19],
];
const BROW_HALF_HEIGHT: Polyline = [
  [0.16, 0.05],
  [0.25, 0.06],
  [0.55, 0.048],
  [0.72, 0.034],
  [0.92, 0.008],
];
/** Edges of the open lids, from the inner to the outer corner. */
const UPPER_LID: Polyline = [
  [0.2, -0.07],
  [0.26, -0.005],
  [0.35, 0.035],
  [0.45, 0.052],
  [0.55, 0.05],
  [0.66, 0.02],
  [0.72, -0.02],
];
const LOWER_LID: Polyline = [
  [0.2, -0.08],
  [0.3, -0.095],
  [0.45, -0.103],
  [0.6, -0.095],
  [0.68, -0.06],
  [0.72, -0.025],
];

/** Height of a polyline at `x`; beyond its ends, the end. */
export function heightAt(line: Polyline, x: number): number {
  if (x <= line[0][0]) return line[0][1];
  for (let i = 1; i < line.length; i++) {
    const [right, high] = line[i];
    if (x <= right) {
      const [left, low] = line[i - 1];
      return low + ((high - low) * (x - left)) / (right - left);
    }
  }
  return line[line.length - 1][1];
}

/** Red of the lips; `soft` is the width of its border. */
export function lipMask(x: number, y: number, z: number, soft: number): number {
  const side = Math.abs(x);
  if (side > 0.46 || y > -0.9 || y < -1.5 || z < 0.1) return 0;
  const top = heightAt(UPPER_LIP, side);
  const bottom = heightAt(LOWER_LIP, side);
  const ends = 1 - smoothstep(0.4 - soft, 0.41 + soft, side);
  return ends * smoothstep(-soft, soft, top - y) * smoothstep(-soft, soft, y - bottom);
}

/** Signed distance above (+) or below (-) the line where the lips meet. */
export function aboveLipSeam(x: number, y: number): number {
  return y - heightAt(LIP_SEAM, Math.abs(x));
}

/** Position in a brow: along 0 (nose) to 1 (temple), across -1 (lower edge) to 1 (upper edge). */
export interface BrowPoint {
  along: number;
  across: number;
}

export function browPoint(x: number, y: number, thickness: number, arch: number, out: BrowPoint): BrowPoint {
  const side = Math.abs(x);
  const along = (side - 0.16) / 0.76;
  const lift = (arch - 1) * 0.05 * Math.exp(-(((side - 0.66) / 0.2) ** 2));
  out.along = along;
  out.across = (y - heightAt(BROW, side) - lift) / (heightAt(BROW_HALF_HEIGHT, side) * thickness);
  return out;
}

/** Upper lid between its edge and the crease, fading above. */
export function upperLidMask(x: number, y: number, z: number): number {
  const side = Math.abs(x);
  if (z < -0.1 || side < 0.15 || side > 0.85) return 0;
  const above = y - heightAt(UPPER_LID, side);
  return (
    smoothstep(-0.05, 0.01, above) *
    (1 - smoothstep(0.06, 0.2, above)) *
    smoothstep(0.17, 0.3, side) *
    (1 - smoothstep(0.68, 0.84, side))
  );
}

/** Hollow under the eye. */
export function lowerLidMask(x: number, y: number): number {
  const side = Math.abs(x);
  const below = heightAt(LOWER_LID, side) - y;
  return (
    smoothstep(-0.02, 0.05, below) *
    (1 - smoothstep(0.1, 0.26, below)) *
    smoothstep(0.16, 0.28, side) *
    (1 - smoothstep(0.6, 0.8, side))
  );
}

/** Wet inner rim of the lids and the corner at the nose. */
export function lidRimMask(x: number, y: number, z: number): number {
  const side = Math.abs(x);
  if (z < -0.2 || side < 0.14 || side > 0.76) return 0;
  const inside = Math.min(heightAt(UPPER_LID, side) - y, y - heightAt(LOWER_LID, side));
  return smoothstep(-0.012, 0.006, inside);
}

/** Blob of radius `rx`, `ry` around a point on both sides of the face. */
export function blob(x: number, y: number, cx: number, cy: number, rx: number, ry: number): number {
  const dx = (Math.abs(x) - cx) / rx;
  const dy = (y - cy) / ry;
  return Math.exp(-(dx * dx + dy * dy));
}

/** Where a beard grows: moustache, chin, jaw up to the ears, upper throat. */
export function beardMask(x: number, y: number, z: number): number {
  const side = Math.abs(x);
  // Upper border falls from the ear to below the cheekbone, then runs to the corner of the mouth.
  const cheek = -0.62 - 0.42 * (1 - smoothstep(0.45, 1.15, side));
  const moustache = blob(x, y, 0.16, -0.93, 0.24, 0.1) * smoothstep(0.02, 0.1, side + 0.06);
  const jaw = smoothstep(-0.1, 0.12, cheek - y) * smoothstep(-2.25, -1.75, y) * smoothstep(-0.95, -0.45, z);
  const aroundLips = smoothstep(0.28, 0.45, side) + smoothstep(1.4, 1.47, -y);
  return Math.min(1, Math.max(moustache * smoothstep(0.2, 0.5, z), jaw * Math.min(1, aroundLips)));
}

/** Height of the hairline by depth: nape, behind and above the ear, sideburn, temple, forehead. */
const HAIRLINE: Polyline = [
  [-2.5, -1.05],
  [-1.85, -0.75],
  [-1.6, -0.3],
  [-1.4, 0.12],
  [-1.05, 0.1],
  [-0.98, -0.2],
  [-0.82, -0.22],
  [-0.66, 0.2],
  [-0.35, 0.58],
  [-0.02, 0.86],
  [0.25, 1.0],
];

/** Skin of the head that hair covers: above the hairline and behind the ears, not the ears. */
export function scalpMask(y: number, z: number): number {
  const ear = ((z + 1.28) / 0.36) ** 2 + ((y + 0.37) / 0.52) ** 2;
  return smoothstep(-0.06, 0.12, y - heightAt(HAIRLINE, z)) * smoothstep(0.95, 1.1, ear);
}

/** Rim and inside of the nostrils. */
export function nostrilMask(x: number, y: number, z: number): number {
  if (z < 0.05) return 0;
  return Math.min(1, blob(x, y, 0.17, -0.73, 0.07, 0.026) * 1.2);
}

/** Dark line where the upper lashes grow. */
export function lashLineMask(x: number, y: number, z: number): number {
  const side = Math.abs(x);
  if (z < -0.1 || side < 0.2 || side > 0.78) return 0;
  const above = y - heightAt(UPPER_LID, side);
  return (
    Math.exp(-(((above - 0.004) / 0.011) ** 2)) *
    smoothstep(0.22, 0.32, side) *
    (1 - smoothstep(0.7, 0.78, side))
  );
}
