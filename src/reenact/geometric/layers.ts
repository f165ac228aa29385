import { distanceTo } from './distance.ts';
import { boxMean } from './guided-filter.ts';
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
const BEHIND = { whole: 0.1, gone: 0.28 };
/** How far up behind the jaw the neck goes on, interocular distances, and pixels it narrows a row on each side. */
const NECK_REACH = 1.1;
const NECK_NARROWING = 0.34;

/** The head's part of the person: fades into the body where it stops following the skull. */
export function headOpacity({ person, cut, follow }: LayerInput): Float32Array {
  return person.map((opacity, p) => opacity * (1 - cut[p]) * smoothstep(0.03, 0.3, follow[p]));
}

export function splitLayers(input: LayerInput): Layers {
  const { portrait, person, cut, follow, size, iodPx } = input;
  const count = size * size;
  const head = headOpacity(input);

  // Strands of hair reach beyond the matte: what is close to the person is not background.
  const nearPerson = boxMean(person, size, size, Math.max(2, Math.round(size * STRANDS)));
  const background = nearPerson.map((near) => (near < 0.01 ? 1 : 0));
  const plate = fillTexture(portrait, background, within(background, size, UNCOVERED * iodPx), size, size);

  // Just under the chin the picture holds the chin's own soft edge: the neck is continued from further down.
  const headish = head.map((_, p) => (1 - cut[p]) * smoothstep(0.03, 0.3, follow[p]));
  const chin = boxMean(headish, size, size, Math.max(2, Math.round(iodPx * 0.07)));
  const neckKnown = person.map((opacity, p) => (opacity > 0.9 && cut[p] > 0.9 && chin[p] < 0.06 ? 1 : 0));
  const bodyKnown = person.map((opacity, p) =>
    neckKnown[p] === 1 || (opacity > 0.9 && cut[p] < 0.1 && headish[p] < 0.9) ? 1 : 0,
  );
  const neck = neckBehindHead(person, cut, size, iodPx);
  const filled = fillTexture(portrait, bodyKnown, within(bodyKnown, size, BEHIND.gone * iodPx), size, size);
  blendInto(filled, pullPush(portrait, neckKnown, size, size), neck, bodyKnown);
  const bodyOpacity = behindHead(person, headish, neck, size, iodPx);
  const bare = head.map((opacity) => (opacity < NOTHING ? 1 : 0));
  raiseOpacity(bodyOpacity, portrait, plate, bare);
  const exact = bodyKnown.map((known, p) => Math.max(known, bare[p]));
  const bodyColor = under(filled, portrait, exact, bodyOpacity, plate, count);

  const below = new Float32Array(count * 3);
  for (let p = 0; p < count; p++)
    for (let k = 0; k < 3; k++)
      below[p * 3 + k] = bodyColor[p * 3 + k] * bodyOpacity[p] + plate[p * 3 + k] * (1 - bodyOpacity[p]);
  raiseOpacity(head, portrait, below, null);
  const headColor = new Float32Array(count * 3);
  for (let p = 0; p < count; p++)
    for (let k = 0; k < 3; k++) headColor[p * 3 + k] = unmix(portrait[p * 3 + k], below[p * 3 + k], head[p]);
  return { plate, bodyColor, bodyOpacity, headColor, headOpacity: head };
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
  return person.map((opacity, p) => {
    const margin = 1 - smoothstep(BEHIND.whole * iodPx, BEHIND.gone * iodPx, away[p]);
    return opacity * Math.max(1 - smoothstep(0.9, 1, headish[p]), margin, neck[p]);
  });
}

/**
 * The neck as a column that goes on behind the head, so that a head that lifts or turns uncovers neck and not
 * background; it narrows upwards and softens at its end.
 */
function neckBehindHead(person: Float32Array, cut: Float32Array, size: number, iodPx: number): Float32Array {
  const column = new Float32Array(size * size);
  const reach = NECK_REACH * iodPx;
  const narrowing = Math.max(1, Math.round(1 / NECK_NARROWING));
  for (let y = size - 1; y >= 0; y--)
    for (let x = 0; x < size; x++) {
      const p = y * size + x;
      if (cut[p] > 0.5 && person[p] > 0.5) {
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

/**
 * Raises opacities to where a layer can give the portrait over what lies below it: a matte that is too thin for the
 * difference would leave a rim.
 */
function raiseOpacity(
  opacity: Float32Array,
  mixed: Float32Array,
  below: Float32Array,
  where: Float32Array | null,
): void {
  for (let p = 0; p < opacity.length; p++) {
    if (opacity[p] < NOTHING || (where !== null && where[p] === 0)) continue;
    for (let k = 0; k < 3; k++) {
      const difference = mixed[p * 3 + k] - below[p * 3 + k];
      const room = difference < 0 ? below[p * 3 + k] : 255 - below[p * 3 + k];
      if (room > 0) opacity[p] = Math.max(opacity[p], Math.min(1, Math.abs(difference) / room));
    }
  }
}

/** The colour that over `below` with `opacity` gives `mixed`. */
function unmix(mixed: number, below: number, opacity: number): number {
  if (opacity < NOTHING) return mixed;
  return Math.min(255, Math.max(0, (mixed - (1 - opacity) * below) / opacity));
}

/** Middle part of the jaw's width under which hair is not looked for. */
const THROAT = 0.5;
/** Rows that the cut goes down for each column beside the jaw. */
const SHOULDER_SLOPE = 1.6;

export interface NeckCutInput {
  /** `[n, 2]` the jaw's line from ear to ear, pixels. */
  readonly jaw: Float32Array;
  /** `[size, size]` 1 where the model's neck is. */
  readonly neck: Float32Array;
  /** `[size, size, 3]` 0..255. */
  readonly portrait: Float32Array;
  /** `[size, size]` opacity of the person. */
  readonly person: Float32Array;
  /** `[size, size]` 0..1 how much each pixel looks like the hair, which stays with the head. */
  readonly hair: Float32Array;
  readonly size: number;
  readonly iodPx: number;
}

/**
 * Where the neck is to be cut from the head, 0..1: below the jaw, on the neck itself as far as its colour goes, so
 * that hair beside it stays with the head.
 */
export function neckCut({ jaw, neck, portrait, person, hair, size, iodPx }: NeckCutInput): Float32Array {
  const count = jaw.length / 2;
  const outline = new Float32Array((count + 4) * 2);
  const lower = 0.035 * iodPx;
  for (let i = 0; i < count; i++) {
    outline[i * 2] = jaw[i * 2];
    // A little below the tracked line: the chin's soft edge goes with the chin.
    outline[i * 2 + 1] = jaw[i * 2 + 1] + lower;
  }
  // Beside the jaw the line slopes down over the shoulders.
  const drop = 2 * size;
  const [left, leftY, right, rightY] = [jaw[0], jaw[1], jaw[count * 2 - 2], jaw[count * 2 - 1]];
  const slope = SHOULDER_SLOPE;
  outline.set(
    [right + drop / slope, rightY + drop, right, 3 * size, left, 3 * size, left - drop / slope, leftY + drop],
    count * 2,
  );
  const mask = new CoverageMask(size, size);
  mask.fill(outline, count + 4);
  const below = new Float32Array(size * size);
  for (let y = mask.top; y < mask.bottom; y++)
    for (let x = mask.left; x < mask.right; x++)
      below[y * size + x] = mask.data[(y - mask.top) * (mask.right - mask.left) + x - mask.left];

  // Right below the chin there is neck, however dark.
  const throatX = (left + right) / 2;
  const throat = (THROAT * (right - left)) / 2;
  const isThroat = (p: number): boolean => Math.abs((p % size) - throatX) < throat;
  const wide = neck.map((inside, p) =>
    inside > 0.5 && person[p] > 0.5 && below[p] > 0.5 && (hair[p] < 0.5 || isThroat(p)) ? 1 : 0,
  );
  for (const direction of [1, -1]) widen(wide, { portrait, person, hair, size, iodPx }, direction);
  const sides = boxMean(wide, size, size, Math.max(1, Math.round(iodPx * 0.02)));
  return below.map((inside, p) => inside * smoothstep(0.2, 0.7, wide[p] === 1 ? 1 : sides[p]));
}

/** Colour difference up to which a pixel beside the model's neck is still neck. */
const NECK_CONTRAST = 42;

type NeckPicture = Pick<NeckCutInput, 'portrait' | 'person' | 'hair' | 'size' | 'iodPx'>;

/** Lets the neck grow aside while the picture keeps its colour, by the median over neighbouring rows. */
function widen(wide: Float32Array, picture: NeckPicture, direction: number): void {
  const { size, iodPx } = picture;
  const rows = Array.from({ length: size }, (_, y) => growth(wide, picture, y, direction));
  const reach = Math.max(2, Math.round(0.06 * iodPx));
  for (let y = 0; y < size; y++) {
    const { edge } = rows[y];
    if (edge < 0) continue;
    const near = rows.slice(Math.max(0, y - reach), y + reach + 1).filter((row) => row.edge >= 0);
    const steps = near.map((row) => row.steps).sort((a, b) => a - b)[near.length >> 1];
    for (let i = 1; i <= steps; i++) {
      const x = edge + i * direction;
      if (x >= 0 && x < size) wide[y * size + x] = 1;
    }
  }
}

/** Outermost column of the neck in a row (-1 where there is none), and how many columns it goes on beyond. */
function growth(
  wide: Float32Array,
  { portrait, person, hair, size, iodPx }: NeckPicture,
  y: number,
  direction: number,
): { edge: number; steps: number } {
  let edge = direction > 0 ? size - 1 : 0;
  while (edge >= 0 && edge < size && wide[y * size + edge] === 0) edge -= direction;
  if (edge < 0 || edge >= size) return { edge: -1, steps: 0 };
  const mean = [0, 0, 0];
  const inner = Math.max(2, Math.round(0.12 * iodPx));
  let count = 0;
  for (let x = edge; count < inner && x >= 0 && x < size && wide[y * size + x] === 1; x -= direction) {
    for (let k = 0; k < 3; k++) mean[k] += portrait[(y * size + x) * 3 + k];
    count++;
  }
  const soft = Math.max(2, Math.round(0.04 * iodPx));
  let steps = 0;
  for (let x = edge + direction; steps < 0.4 * iodPx && x >= 0 && x < size; x += direction) {
    const p = y * size + x;
    const difference = Math.hypot(...mean.map((sum, k) => sum / count - portrait[p * 3 + k]));
    if (difference > NECK_CONTRAST || person[p] < 0.5 || hair[p] > 0.5) break;
    steps++;
  }
  return { edge, steps: steps + soft };
}
