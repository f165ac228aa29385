import { withoutSlits } from './distance.ts';
import { flood } from './flood.ts';
import type { Hair } from './hair.ts';
import { smoothstep } from './numeric.ts';
import { CoverageMask } from './polygon.ts';

/** Middle part of the jaw's width under which hair is not looked for. */
const THROAT = 0.5;
/** How far outside the jaw's line the cut is, interocular distances. */
const OUTSIDE_JAW = 0.045;
/** Rows over which the head passes into the body beside the jaw, interocular distances. */
const PASSAGE = 0.7;
/** Half the width of what is too narrow to be cut, interocular distances. */
const SLIT = 0.07;
/** Rows that the cut goes down for each column beside the jaw. */
const SHOULDER_SLOPE = 0.7;

export interface NeckCutInput {
  /** `[n, 2]` the jaw, from the screen's left to its right, pixels. */
  readonly jaw: Float32Array;
  /** `[size, size]` opacity of the person. */
  readonly person: Float32Array;
  /** What looks like the hair, which stays with the head. */
  readonly hair: Hair;
  readonly size: number;
  readonly iodPx: number;
}

/**
 * Where the picture is cut from the head, 0..1: all that lies below the jaw, and softly what lies below a line that
 * slopes from its ends over the shoulders, but for hair.
 */
export function neckCut({ jaw, hair, person, size, iodPx }: NeckCutInput): Float32Array {
  const count = jaw.length / 2;
  const outline = new Float32Array((count + 4) * 2);
  // A little outside the tracked line: the face's soft edge goes with the face.
  const outside = OUTSIDE_JAW * iodPx;
  for (let i = 0; i < count; i++) {
    const before = Math.max(0, i - 1) * 2;
    const after = Math.min(count - 1, i + 1) * 2;
    const dx = jaw[after] - jaw[before];
    const dy = jaw[after + 1] - jaw[before + 1];
    const length = Math.hypot(dx, dy) || 1;
    outline[i * 2] = jaw[i * 2] - (outside * dy) / length;
    outline[i * 2 + 1] = jaw[i * 2 + 1] + (outside * dx) / length;
  }
  const drop = 2 * size;
  const [left, leftY] = [outline[0], outline[1]];
  const [right, rightY] = [outline[count * 2 - 2], outline[count * 2 - 1]];
  const aside = drop / SHOULDER_SLOPE;
  const corners = [right + aside, rightY + drop, right, 3 * size, left, 3 * size, left - aside, leftY + drop];
  outline.set(corners, count * 2);
  const mask = new CoverageMask(size, size);
  mask.fill(outline, count + 4);
  // Right below the chin there is neck, however dark.
  const { middle, half } = throatColumns(jaw);
  const throat = THROAT * half;
  const cut = new Float32Array(size * size);
  for (let y = mask.top; y < mask.bottom; y++)
    for (let x = mask.left; x < mask.right; x++) {
      const p = y * size + x;
      const below = mask.data[(y - mask.top) * (mask.right - mask.left) + x - mask.left];
      const beside = Math.max(0, left - x, x - right);
      const isHair = hair.joined[p] * smoothstep(throat, 1.2 * throat, Math.abs(x - middle));
      // What may be hair beside the jaw has no edge to cut along: the head passes into the body.
      const under = y - (x < middle ? leftY : rightY) - SHOULDER_SLOPE * beside;
      const passing = smoothstep(0, PASSAGE * iodPx, under);
      const share = 1 + smoothstep(0, 0.12 * iodPx, beside) * hair.colored[p] * (passing - 1);
      cut[p] = below * share * (1 - isHair);
    }
  const whole = withoutSlits(cut, size, SLIT * iodPx);
  return inTwoPieces(whole, person, (p) => Math.abs((p % size) - middle) < throat, size);
}

/** Gives flecks of hair on the body to the body and holes in the hair to the hair: each side is one piece. */
function inTwoPieces(
  cut: Float32Array,
  person: Float32Array,
  isThroat: (p: number) => boolean,
  size: number,
): Float32Array {
  const head = cut.map((share, p) => (share < 0.5 && person[p] > 0.3 ? 1 : 0));
  const top = head.map((_, p) => (cut[p] === 0 && p < (size * size) / 3 ? 1 : 0));
  const ofHead = flood(head, top, size);
  const body = cut.map((share, p) => (person[p] > 0.3 && (share >= 0.5 || ofHead[p] === 0) ? 1 : 0));
  const throat = cut.map((share, p) => (share >= 0.5 && isThroat(p) ? 1 : 0));
  const ofBody = flood(body, throat, size);
  return cut.map((share, p) => {
    if (head[p] === 1) return ofHead[p] === 1 ? share : 1;
    // The rim where hardly anybody is goes with what it lies beside.
    return ofBody[p] === 1 || share < 0.5 || person[p] <= 0.3 ? share : 0;
  });
}

/** Middle column of the jaw and half its width, pixels. */
export function throatColumns(jaw: Float32Array): { middle: number; half: number } {
  const [left, right] = [jaw[0], jaw[jaw.length - 2]];
  return { middle: (left + right) / 2, half: (right - left) / 2 };
}
