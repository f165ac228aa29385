import { BEHIND, behindHead, joinedToNeck, neckBehindHead } from './body-behind.ts';
import { distanceTo } from './distance.ts';
import { boxMean } from './guided-filter.ts';
import { pullPush } from './inpaint.ts';
import { throatColumns } from './neck-cut.ts';
import { maskOf, smoothstep } from './numeric.ts';
import { fillTexture } from './texture-fill.ts';
import { NOTHING, raiseOpacity, restoreRim, unmix } from './unmix.ts';

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
/** Width of the neck, parts of the jaw's. */
const NECK_WIDTH = 0.85;

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
