import { colorLikeness, LEARNT_STEP, LEAST_CONTRAST, SKIN_RADIUS } from './color-likeness.ts';
import { flood } from './flood.ts';
import { boxMean } from './guided-filter.ts';
import { fitMixture, type Mixture, ownLogDensity } from './mixture.ts';
import { smoothstep } from './numeric.ts';

export interface HairInput {
  /** `[size, size, 3]` 0..255. */
  readonly portrait: Float32Array;
  /** `[size, size]` opacity of the person. */
  readonly person: Float32Array;
  /** `[size, size]` 0..1 inside the face's outline. */
  readonly face: Float32Array;
  /** `[size, size]` 1 where the model's neck and shoulders are. */
  readonly neck: ArrayLike<number>;
  /** Rows of the nose and the chin, pixels. */
  readonly noseY: number;
  readonly chinY: number;
  readonly size: number;
  readonly iodPx: number;
}

export interface Hair {
  /** `[size, size]` 0..1 by colour alone. */
  readonly colored: Float32Array;
  /** `[size, size]` 0..1 what of that is joined to the hair above the nose. */
  readonly joined: Float32Array;
}

/**
 * How far each pixel has the colours of what surrounds the face above the nose (hair, veil, hat) rather than those of
 * neck and clothes, 0..1; all zero where there is no such difference.
 */
export function hairLikeness(input: HairInput): Hair {
  const { portrait, person, face, neck, noseY, chinY, size, iodPx } = input;
  const columns = Math.floor(size / LEARNT_STEP);
  const colors = new Float32Array(columns * columns * 3);
  const hair = new Float32Array(columns * columns);
  const body = new Float32Array(columns * columns);
  const skin = [0, 0, 0, 0];
  const around = [0, 0, 0, 0];
  for (let row = 0; row < columns; row++)
    for (let column = 0; column < columns; column++) {
      const q = row * columns + column;
      const p = row * LEARNT_STEP * size + column * LEARNT_STEP;
      for (let k = 0; k < 3; k++) colors[q * 3 + k] = portrait[p * 3 + k];
      if (person[p] < 0.9) continue;
      const y = row * LEARNT_STEP;
      if (face[p] > 0.5) accumulate(skin, portrait, p);
      else if (y < noseY) {
        hair[q] = 1;
        accumulate(around, portrait, p);
      } else if (y > chinY && neck[p] === 1) body[q] = 1;
    }
  // A high forehead stands above the face's outline: it is skin, as the neck is.
  forehead(colors, hair, body, skin);
  const contrast = Math.hypot(...[0, 1, 2].map((k) => skin[k] / skin[3] - around[k] / around[3]));
  // A bald head.
  if (!(contrast > LEAST_CONTRAST)) {
    const none = new Float32Array(size * size);
    return { colored: none, joined: none };
  }
  const ofHair = fitMixture(colors, columns, hair, 0);
  // Long hair lies over neck and shoulders, too: what of them looks like it is not theirs.
  const ofBody = fitMixture(colors, columns, notHair(colors, columns, body, ofHair), 0);
  const likeness = colorLikeness(portrait, person, size, ofHair, ofBody, -1, 2);
  const smooth = boxMean(likeness, size, size, Math.max(2, Math.round(0.08 * iodPx)));
  const colored = smooth.map((share) => smoothstep(0.4, 0.7, share));
  return { colored, joined: hangingFrom(colored, input) };
}

/** Keeps what is joined to the hair above the nose: shadows on the neck have its colour, but hang on nothing. */
function hangingFrom(likeness: Float32Array, { face, person, noseY, size }: HairInput): Float32Array {
  const open = likeness.map((share, p) => (share >= 0.5 && face[p] <= 0.5 && person[p] >= 0.5 ? 1 : 0));
  const above = open.map((_, p) => (p < noseY * size ? 1 : 0));
  const joined = flood(open, above, size);
  return likeness.map((share, p) => share * joined[p]);
}

/** Keeps of `members` the half that is least like the mixture. */
function notHair(
  colors: Float32Array,
  columns: number,
  members: Float32Array,
  mixture: Mixture,
): Float32Array {
  const densities: number[] = [];
  members.forEach((member, p) => {
    if (member === 1) densities.push(ownLogDensity(mixture, colors, columns, p, 0));
  });
  const middle = densities.sort((a, b) => a - b)[densities.length >> 1] ?? 0;
  return members.map((member, p) =>
    member === 1 && ownLogDensity(mixture, colors, columns, p, 0) <= middle ? 1 : 0,
  );
}

/** Moves what has the colour of the face from the hair's samples to the body's. */
function forehead(
  colors: Float32Array,
  hair: Float32Array,
  body: Float32Array,
  skin: readonly number[],
): void {
  for (let q = 0; q < hair.length; q++) {
    if (hair[q] === 0) continue;
    const away = Math.hypot(...[0, 1, 2].map((k) => colors[q * 3 + k] - skin[k] / skin[3]));
    if (away > SKIN_RADIUS) continue;
    hair[q] = 0;
    body[q] = 1;
  }
}

function accumulate(sum: number[], portrait: Float32Array, p: number): void {
  for (let k = 0; k < 3; k++) sum[k] += portrait[p * 3 + k];
  sum[3]++;
}
