import { distanceTo } from './distance.ts';
import { flood } from './flood.ts';
import { boxMean } from './guided-filter.ts';
import type { Hair } from './hair.ts';
import { pullPush } from './inpaint.ts';
import { smoothstep } from './numeric.ts';
import { CoverageMask } from './polygon.ts';
import { fillTexture } from './texture-fill.ts';

/** The portrait taken apart: head over body over background, which together give the portrait back. */
export interface Layers {
  /** `[size, size, 3]` 0..255, straight colours. */
  readonly plate: Float32Array;
  readonly bodyColor: Float32Array;
  readonly bodyOpacity: Float32Array;
  readonly headColor: Float32Array;
  readonly headOpacity: Float32Array;
}

export interface LayerInput {
  /** `[size, size, 3]` 0..255. */
  readonly portrait: Float32Array;
  /** `[size, size]` opacity of the person. */
  readonly person: Float32Array;
  /** `[size, size]` 1 where the neck lies before the body and below the jaw: the head is cut away there. */
  readonly cut: Float32Array;
  /** `[n, 2]` the jaw, from the screen's left to its right, pixels. */
  readonly jaw: Float32Array;
  /** `[size, size]` how far the head's sheet follows the skull. */
  readonly follow: Float32Array;
  readonly size: number;
  readonly iodPx: number;
}

/** Width of the rim around the person that is not trusted to be background, parts of the picture. */
const STRANDS = 0.009;
/** How far into the person the background is restored: no turn uncovers more, interocular distances. */
const UNCOVERED = 1;
/** How far the body goes on behind the head, interocular distances. */
const BEHIND = { whole: 0.06, gone: 0.16 };
/** How far up behind the jaw the neck goes on, interocular distances, and pixels it narrows a row on each side. */
const NECK_REACH = 1.4;
/** Width of the neck, parts of the jaw's. */
const NECK_WIDTH = 0.85;
const NECK_NARROWING = 0.34;

/** The head's part of the person: fades into the body where it stops following the skull. */
export function headOpacity({ person, cut, follow }: LayerInput): Float32Array {
  return person.map((opacity, p) => opacity * (1 - cut[p]) * smoothstep(0.03, 0.3, follow[p]));
}

export function splitLayers(input: LayerInput): Layers {
  const { portrait, person, cut, follow, jaw, size, iodPx } = input;
  const count = size * size;
  const head = headOpacity(input);

  // Strands of hair reach beyond the matte: what is close to the person is not background.
  const nearPerson = boxMean(person, size, size, Math.max(2, Math.round(size * STRANDS)));
  const background = nearPerson.map((near) => (near < 0.01 ? 1 : 0));
  const plate = fillTexture(portrait, background, within(background, size, UNCOVERED * iodPx), size, size);

  restoreRim(plate, portrait, person, background, size);

  // Just under the chin the picture holds the chin's own soft edge: the neck is continued from further down.
  const headish = head.map((_, p) => (1 - cut[p]) * smoothstep(0.03, 0.3, follow[p]));
  const chin = boxMean(headish, size, size, Math.max(2, Math.round(iodPx * 0.07)));
  const throat = throatColumns(jaw);
  const isThroat = (p: number): boolean => Math.abs((p % size) - throat.middle) < NECK_WIDTH * throat.half;
  const neckKnown = person.map((opacity, p) =>
    opacity > 0.9 && cut[p] > 0.9 && chin[p] < 0.06 && isThroat(p) ? 1 : 0,
  );
  const bodyKnown = person.map((opacity, p) =>
    neckKnown[p] === 1 || (opacity > 0.9 && headish[p] < 0.9 && (chin[p] < 0.06 || cut[p] < 0.1)) ? 1 : 0,
  );
  const neck = neckBehindHead(
    person.map((opacity, p) => (opacity > 0.5 && cut[p] > 0.5 && isThroat(p) ? 1 : 0)),
    size,
    iodPx,
  );
  const filled = fillTexture(portrait, bodyKnown, within(bodyKnown, size, BEHIND.gone * iodPx), size, size);
  blendInto(filled, pullPush(portrait, neckKnown, size, size), neck, bodyKnown);
  const bodyOpacity = joinedToNeck(behindHead(person, headish, neck, size, iodPx), neckKnown, size);
  // What the matte leaves of the rim around the person is the head's beside the head, the body's elsewhere.
  const nearHead = boxMean(head, size, size, Math.max(2, Math.round(size * STRANDS)));
  const bare = head.map((opacity, p) =>
    opacity < NOTHING && background[p] === 0 && headish[p] < 0.5 ? 1 : 0,
  );
  raiseOpacity(bodyOpacity, portrait, plate, bare);
  const exact = bodyKnown.map((known, p) => Math.max(known, bare[p]));
  const bodyColor = under(filled, portrait, exact, bodyOpacity, plate, count);

  const below = new Float32Array(count * 3);
  for (let p = 0; p < count; p++)
    for (let k = 0; k < 3; k++)
      below[p * 3 + k] = bodyColor[p * 3 + k] * bodyOpacity[p] + plate[p * 3 + k] * (1 - bodyOpacity[p]);
  raiseOpacity(
    head,
    portrait,
    below,
    head.map((opacity, p) => (opacity >= NOTHING || (background[p] === 0 && nearHead[p] >= 0.01) ? 1 : 0)),
  );
  const headColor = new Float32Array(count * 3);
  for (let p = 0; p < count; p++)
    for (let k = 0; k < 3; k++) headColor[p * 3 + k] = unmix(portrait[p * 3 + k], below[p * 3 + k], head[p]);
  return { plate, bodyColor, bodyOpacity, headColor, headOpacity: head };
}

/** Middle column of the jaw and half its width, pixels. */
function throatColumns(jaw: Float32Array): { middle: number; half: number } {
  const [left, right] = [jaw[0], jaw[jaw.length - 2]];
  return { middle: (left + right) / 2, half: (right - left) / 2 };
}

/** The body goes on behind the head a little all around, and the neck all the way up. */
function behindHead(
  person: Float32Array,
  headish: Float32Array,
  neck: Float32Array,
  size: number,
  iodPx: number,
): Float32Array {
  const visible = headish.map((head, p) => (head < 0.9 && person[p] > 0.5 ? 1 : 0));
  const away = distanceTo(visible, size, size);
  // Not up to the person's own edge: the head would have to paint background over it there.
  const within = boxMean(person, size, size, Math.max(2, Math.round(0.04 * iodPx)));
  return person.map((opacity, p) => {
    const margin = 1 - smoothstep(BEHIND.whole * iodPx, BEHIND.gone * iodPx, away[p]);
    const hidden = Math.max(margin, neck[p]) * smoothstep(0.9, 1, within[p]);
    return opacity * Math.max(1 - smoothstep(0.9, 1, headish[p]), hidden);
  });
}

/** Drops what is not joined to the neck: bits between jaw and shoulder that the matte took for person. */
function joinedToNeck(opacity: Float32Array, neckKnown: Float32Array, size: number): Float32Array {
  if (!neckKnown.includes(1)) return opacity;
  const joined = flood(
    opacity.map((share) => (share > 0.3 ? 1 : 0)),
    neckKnown,
    size,
  );
  return opacity.map((share, p) => (joined[p] === 1 || share <= 0.3 ? share : 0));
}

/**
 * The neck as a column that goes on behind the head, so that a head that lifts or turns uncovers neck and not
 * background; it narrows upwards and softens at its end.
 */
function neckBehindHead(seen: Float32Array, size: number, iodPx: number): Float32Array {
  const column = new Float32Array(size * size);
  const reach = NECK_REACH * iodPx;
  const narrowing = Math.max(1, Math.round(1 / NECK_NARROWING));
  for (let y = size - 1; y >= 0; y--)
    for (let x = 0; x < size; x++) {
      const p = y * size + x;
      if (seen[p] === 1) {
        column[p] = reach;
        continue;
      }
      if (y === size - 1) continue;
      const below = p + size;
      const squeezed = y % narrowing === 0 && x > 0 && x < size - 1;
      const from = squeezed ? Math.min(column[below - 1], column[below], column[below + 1]) : column[below];
      column[p] = Math.max(0, from - 1);
    }
  const soft = column.map((left) => Math.min(1, left / (0.3 * iodPx)));
  return boxMean(soft, size, size, Math.max(1, Math.round(0.03 * iodPx)));
}

/** 1 where a known pixel is closer than `reachPx`. */
function within(known: Float32Array, size: number, reachPx: number): Uint8Array {
  return Uint8Array.from(distanceTo(known, size, size), (away) => (away < reachPx ? 1 : 0));
}

/** Mixes `other` into `colors` by `share`, but not where they are known. */
function blendInto(
  colors: Float32Array,
  other: Float32Array,
  share: Float32Array,
  known: Float32Array,
): void {
  for (let p = 0; p < share.length; p++)
    if (known[p] === 0)
      for (let k = 0; k < 3; k++) colors[p * 3 + k] += share[p] * (other[p * 3 + k] - colors[p * 3 + k]);
}

function under(
  filled: Float32Array,
  portrait: Float32Array,
  known: Float32Array,
  opacity: Float32Array,
  plate: Float32Array,
  count: number,
): Float32Array {
  const out = new Float32Array(count * 3);
  for (let p = 0; p < count; p++)
    for (let k = 0; k < 3; k++) {
      const i = p * 3 + k;
      out[i] = known[p] === 1 ? unmix(portrait[i], plate[i], opacity[p]) : filled[i];
    }
  return out;
}

/** Opacities below this are nothing. */
const NOTHING = 0.02;
/** Beyond the matte strands of hair are thinner than this. */
const STRAND_OPACITY = 0.3;
/** Closer than this to the person its own lit rim is seen, parts of the picture. */
const RIM = 0.014;

/**
 * Raises opacities to where a layer can give the portrait over what lies below it: a matte that is too thin for the
 * difference would leave a rim.
 */
function raiseOpacity(
  opacity: Float32Array,
  mixed: Float32Array,
  below: Float32Array,
  where: Float32Array,
): void {
  for (let p = 0; p < opacity.length; p++) {
    if (where[p] === 0) continue;
    opacity[p] = Math.max(opacity[p], leastOpacity(mixed, below, p));
  }
}

/**
 * Beside the person the plate is a guess. Where the portrait differs much from it a little away from the person, it shows
 * background, which is put back; small differences are strands, which the layers above will carry.
 */
function restoreRim(
  plate: Float32Array,
  portrait: Float32Array,
  person: Float32Array,
  background: Float32Array,
  size: number,
): void {
  const away = distanceTo(
    person.map((opacity) => (opacity > 0.2 ? 1 : 0)),
    size,
    size,
  );
  const closest = RIM * size;
  for (let p = 0; p < person.length; p++) {
    if (background[p] === 1 || away[p] < closest) continue;
    if (leastOpacity(portrait, plate, p) < STRAND_OPACITY) continue;
    for (let k = 0; k < 3; k++) plate[p * 3 + k] = portrait[p * 3 + k];
  }
}

/** Least opacity of a layer that over `below` can give `mixed` at pixel p. */
function leastOpacity(mixed: Float32Array, below: Float32Array, p: number): number {
  let least = 0;
  for (let k = 0; k < 3; k++) {
    const difference = mixed[p * 3 + k] - below[p * 3 + k];
    const room = difference < 0 ? below[p * 3 + k] : 255 - below[p * 3 + k];
    if (room > 0) least = Math.max(least, Math.min(1, Math.abs(difference) / room));
  }
  return least;
}

/** The colour that over `below` with `opacity` gives `mixed`. */
function unmix(mixed: number, below: number, opacity: number): number {
  if (opacity < NOTHING) return mixed;
  return Math.min(255, Math.max(0, (mixed - (1 - opacity) * below) / opacity));
}

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

/** Morphological opening: what of the cut is narrower than twice `radiusPx`, as between cheek and hair, is not cut. */
function withoutSlits(cut: Float32Array, size: number, radiusPx: number): Float32Array {
  const inside = distanceTo(
    cut.map((share) => (share < 0.5 ? 1 : 0)),
    size,
    size,
  );
  const away = distanceTo(
    inside.map((distance) => (distance > radiusPx ? 1 : 0)),
    size,
    size,
  );
  // A pixel more, so that soft edges stay soft.
  return cut.map((share, p) => (away[p] <= radiusPx + 1.5 ? share : 0));
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
    return ofBody[p] === 1 || share < 0.5 ? share : 0;
  });
}
