import { type Background, RIM_WIDTH } from './background.ts';
import { BEHIND, behindHead, joinedToNeck, neckBehindHead } from './body-behind.ts';
import { distanceTo, withoutSlits } from './distance.ts';
import { boxMean } from './guided-filter.ts';
import { pullPush } from './inpaint.ts';
import { levelSeam } from './level-seam.ts';
import { throatColumns } from './neck-cut.ts';
import { maskOf, smoothstep } from './numeric.ts';
import { fillTexture } from './texture-fill.ts';
import { NOTHING, raiseOpacity, unmix } from './unmix.ts';

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
  readonly background: Background;
  readonly size: number;
  readonly iodPx: number;
}

/** Half the width of what is no head beside the shoulders, parts of the picture. */
const SLIVER = 0.01;
/** How far into the person the background is restored: no turn uncovers more, interocular distances. */
const UNCOVERED = 1;
/** How far into the restored background its seam is levelled, interocular distances. */
const SEAM_REACH = 0.35;
/** Width of the neck, parts of the jaw's. */
const NECK_WIDTH = 0.85;

/** The head's part of the person: fades into the body where it stops following the skull. */
export function headOpacity({ person, cut, follow }: LayerInput): Float32Array {
  return person.map((opacity, p) => opacity * (1 - cut[p]) * smoothstep(0.03, 0.3, follow[p]));
}

/** Strands follow the head where the sheet follows the skull by more than this. */
const STRANDS_FOLLOW = 0.3;

/** `[size, size]` 1 on strands of hair beside the head, which go with it. */
function headStrands({ background, cut, follow }: LayerInput): Uint8Array {
  return maskOf(
    background.strands,
    (strand, p) => strand === 1 && cut[p] < 0.5 && follow[p] > STRANDS_FOLLOW,
  );
}

/** Where the head's layer may show anything: its own opacity, and strands. */
export function headReach(input: LayerInput): Float32Array {
  const strands = headStrands(input);
  return headOpacity(input).map((opacity, p) => Math.max(opacity, strands[p]));
}

export function splitLayers(input: LayerInput): Layers {
  const { portrait, person, cut, follow, jaw, size, iodPx } = input;
  const count = size * size;
  const head = headOpacity(input);

  const { clear } = input.background;
  const strands = headStrands(input);
  const seen = input.background.seen.map((known, p) => (strands[p] === 1 ? 0 : known));
  const plate = fillTexture(portrait, seen, within(seen, size, UNCOVERED * iodPx), size, size);
  levelSeam(plate, seen, size, SEAM_REACH * iodPx);

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
  const nearHead = boxMean(
    withoutSlits(head, size, SLIVER * size),
    size,
    size,
    Math.max(2, Math.round(size * RIM_WIDTH)),
  );
  // The shadow right under the chin is the head's, too: it goes with the chin, over a neck without it.
  const isShadow = (p: number): boolean => cut[p] > 0.9 && chin[p] >= 0.06 && isThroat(p);
  const bare = head.map((opacity, p) =>
    opacity < NOTHING && clear[p] === 0 && headish[p] < 0.5 && !isShadow(p) ? 1 : 0,
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
    head.map((opacity, p) =>
      opacity >= NOTHING || strands[p] === 1 || isShadow(p) || (clear[p] === 0 && nearHead[p] >= 0.01)
        ? 1
        : 0,
    ),
  );
  const headColor = new Float32Array(count * 3);
  for (let p = 0; p < count; p++)
    for (let k = 0; k < 3; k++) headColor[p * 3 + k] = unmix(portrait[p * 3 + k], below[p * 3 + k], head[p]);
  return { plate, bodyColor, bodyOpacity, headColor, headOpacity: head };
}

/** 1 where a known pixel is closer than `reachPx`. */
function within(known: Float32Array, size: number, reachPx: number): Uint8Array {
  return maskOf(distanceTo(known, size, size), (away) => away < reachPx);
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
