import { distanceTo, withoutSlits } from './distance.ts';
import { flood } from './flood.ts';
import { boxMean } from './guided-filter.ts';
import { smoothstep } from './numeric.ts';

/** How far the body goes on behind the head, interocular distances. */
export const BEHIND = { whole: 0.06, gone: 0.16 };
/** Half the width of what is too narrow to go on behind the head, interocular distances. */
const SLIVER = 0.12;
/** How far up behind the jaw the neck goes on, interocular distances, and pixels it narrows a row on each side. */
const NECK_REACH = 1.4;
const NECK_NARROWING = 0.34;

/** The body goes on behind the head a little all around, and the neck all the way up. */
export function behindHead(
  person: Float32Array,
  headish: Float32Array,
  neck: Float32Array,
  size: number,
  iodPx: number,
): Float32Array {
  // Slivers between hair and neck hide nothing of a body.
  const visible = withoutSlits(
    headish.map((head, p) => (head < 0.9 && person[p] > 0.5 ? 1 : 0)),
    size,
    SLIVER * iodPx,
  );
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
export function joinedToNeck(opacity: Float32Array, neckKnown: Float32Array, size: number): Float32Array {
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
export function neckBehindHead(seen: Float32Array, size: number, iodPx: number): Float32Array {
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
