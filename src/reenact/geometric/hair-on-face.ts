import { colorLikeness, LEARNT_STEP, LEAST_CONTRAST, SKIN_RADIUS } from './color-likeness.ts';
import { flood } from './flood.ts';
import { boxMean } from './guided-filter.ts';
import { fitMixture } from './mixture.ts';

export interface HairOnFaceInput {
  /** `[size, size, 3]` 0..255. */
  readonly portrait: Float32Array;
  /** `[size, size]` opacity of the person. */
  readonly person: Float32Array;
  /** `[size, size]` 0..1 inside the face's outline. */
  readonly face: Float32Array;
  /** `[478, 3]` the portrait's, x and y in pixels. */
  readonly landmarks: Float32Array;
  readonly size: number;
  readonly iodPx: number;
}

/** Outer corners of the eyes, tip of the nose, top of the upper lip. */
const EYE_CORNERS = [33, 263] as const;
const NOSE = 1;
const LIP = 0;
/** Nose and cheeks, where hair hardly ever lies: below the eyes, above the lip, beside the nose; inter-ocular distances. */
const SKIN_BELOW_EYES = 0.18;
const SKIN_ABOVE_LIP = 0.1;
const SKIN_BESIDE_NOSE = 0.45;
/** How many times likelier hair must be, as a logarithm. */
const CERTAIN = 3;
const SMOOTH_IOD = 0.05;
const LEAST_SHARE = 0.6;
/** Hair on the face goes one pixel sideways in so many downwards: what is joined to it from the side alone is an eye. */
const STEEPNESS = 3;
/** A fringe hides so much of the face, and ends there as sharply as this: shadows and the roots of hair do not; levels. */
const LEAST_OF_FACE = 0.08;
const LEAST_EDGE = 60;
/** Colours are compared so far on either side of the edge. */
const EDGE_IOD = 0.06;

/**
 * Where the portrait shows hair (a veil, a hat) instead of the head's surface, if part of it hangs in front of the face, as a fringe
 * or locks do: around the face, and there. Nothing where it only frames the face, or has about the colour of skin.
 *
 * @returns `[size, size]` 0 or 1
 */
export function hairOnFace(input: HairOnFaceInput): Uint8Array {
  const { person, face, landmarks, size, iodPx } = input;
  const like = hairLikelihood(input);
  if (like === null) return new Uint8Array(size * size);
  const smooth = boxMean(like, size, size, Math.max(1, Math.round(SMOOTH_IOD * iodPx)));
  const around = smooth.map((share, p) => (share > LEAST_SHARE && face[p] < 0.5 ? 1 : 0));
  const aboveNose = Math.round(landmarks[NOSE * 3 + 1]) * size;
  const hair = flood(
    around,
    around.map((open, p) => (p < aboveNose && person[p] > 0.9 ? open : 0)),
    size,
  );
  for (let p = size; p < hair.length; p++) {
    if (face[p] < 0.5 || smooth[p] <= LEAST_SHARE) continue;
    const above = p - size;
    const slanting = Math.floor(p / size) % STEEPNESS === 0;
    if (hair[above] === 1 || (slanting && (hair[above - 1] === 1 || hair[above + 1] === 1))) hair[p] = 1;
  }
  return hangsOver(hair, input) ? hair : new Uint8Array(size * size);
}

function hangsOver(hair: Uint8Array, { portrait, face, size, iodPx }: HairOnFaceInput): boolean {
  const reach = Math.max(2, Math.round(EDGE_IOD * iodPx));
  const edges: number[] = [];
  let covered = 0;
  let all = 0;
  for (let y = reach; y < size - reach - 1; y++)
    for (let x = reach; x < size - reach - 1; x++) {
      const p = y * size + x;
      if (face[p] < 0.5) continue;
      all++;
      if (hair[p] === 0) continue;
      covered++;
      for (const step of [size, 1, -1]) {
        const beyond = p + step;
        if (hair[beyond] === 1 || face[beyond] < 0.5) continue;
        const [from, to] = [(p - reach * step) * 3, (beyond + reach * step) * 3];
        edges.push(distance(portrait.subarray(from, from + 3), portrait.subarray(to, to + 3)));
      }
    }
  if (covered < LEAST_OF_FACE * all) return false;
  edges.sort((a, b) => a - b);
  return (edges[edges.length >> 1] ?? 0) >= LEAST_EDGE;
}

/** `[size, size]` 0..1: the colours of what surrounds the face above the nose against those of nose and cheeks. */
function hairLikelihood({
  portrait,
  person,
  face,
  landmarks,
  size,
  iodPx,
}: HairOnFaceInput): Float32Array | null {
  const columns = Math.floor(size / LEARNT_STEP);
  const pixelOf = (q: number): number =>
    Math.floor(q / columns) * LEARNT_STEP * size + (q % columns) * LEARNT_STEP;
  const [x, y] = [(at: number): number => landmarks[at * 3], (at: number): number => landmarks[at * 3 + 1]];
  const top = (y(EYE_CORNERS[0]) + y(EYE_CORNERS[1])) / 2 + SKIN_BELOW_EYES * iodPx;
  const bottom = y(LIP) - SKIN_ABOVE_LIP * iodPx;

  const colors = new Float32Array(columns * columns * 3);
  const skin = new Float32Array(columns * columns);
  for (let q = 0; q < skin.length; q++) {
    const p = pixelOf(q);
    colors.set(portrait.subarray(p * 3, p * 3 + 3), q * 3);
    const [column, row] = [p % size, Math.floor(p / size)];
    const beside = Math.abs(column - x(NOSE)) < SKIN_BESIDE_NOSE * iodPx;
    if (face[p] > 0.5 && row > top && row < bottom && beside) skin[q] = 1;
  }
  const ofSkin = meanColor(colors, skin);
  const hair = skin.map((_, q) => {
    const p = pixelOf(q);
    const outside = person[p] > 0.9 && face[p] < 0.5 && p < y(NOSE) * size;
    return outside && distance(colors.subarray(q * 3, q * 3 + 3), ofSkin) > SKIN_RADIUS ? 1 : 0;
  });
  // NaN, where there is no hair or no skin, is no contrast.
  if (!(distance(meanColor(colors, hair), ofSkin) > LEAST_CONTRAST)) return null;

  const [hairColors, skinColors] = [hair, skin].map((members) => fitMixture(colors, columns, members, 0));
  return colorLikeness(portrait, person, size, hairColors, skinColors, 0, CERTAIN);
}

function meanColor(colors: Float32Array, members: Float32Array): number[] {
  const sum = [0, 0, 0];
  let count = 0;
  for (let q = 0; q < members.length; q++) {
    if (members[q] === 0) continue;
    for (let k = 0; k < 3; k++) sum[k] += colors[q * 3 + k];
    count++;
  }
  return sum.map((value) => value / count);
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
