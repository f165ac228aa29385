import { distanceTo, withoutSlits } from './distance.ts';
import { boxMean } from './guided-filter.ts';
import { pullPush } from './inpaint.ts';
import { maskOf } from './numeric.ts';
import { leastOpacity } from './unmix.ts';

/** What of the picture is background. */
export interface Background {
  /** `[size, size]` 1 where nobody is near: strands of hair reach beyond the matte. */
  readonly clear: Float32Array;
  /** `[size, size]` 1 where the picture shows background, strands before it or not. */
  readonly seen: Float32Array;
  /** `[size, size]` 1 on and right beside what may be strands of hair, away from the person. */
  readonly strands: Uint8Array;
}

/** Width of the rim around the person that is not trusted to be background, parts of the picture. */
export const RIM_WIDTH = 0.009;
/** A layer as thin as this may be a strand of hair; what needs a thicker one to be seen is something else. */
const STRAND_OPACITY = 0.3;
/** Closer than this to the person its own lit rim is seen, parts of the picture. */
const LIT_RIM = 0.014;
/** Half the width of what is thin, parts of the picture. */
const THIN = 0.005;
/** Strands are looked for this far from the person, interocular distances. */
const STRANDS_WITHIN = 0.3;

/** @param person `[size, size]` opacity of the person */
export function findBackground(
  portrait: Float32Array,
  person: Float32Array,
  size: number,
  iodPx: number,
): Background {
  const nearPerson = boxMean(person, size, size, Math.max(2, Math.round(size * RIM_WIDTH)));
  const clear = nearPerson.map((near) => (near < 0.01 ? 1 : 0));
  const away = distanceTo(
    person.map((opacity) => (opacity > 0.2 ? 1 : 0)),
    size,
    size,
  );
  // What stands out from the background farther away: thin things are strands, others are things behind the person.
  const far = clear.map((known, p) => (known === 1 && away[p] > STRANDS_WITHIN * iodPx ? 1 : 0));
  const guess = pullPush(portrait, far.includes(1) ? far : clear, size, size);
  const standsOut = away.map((distance, p) =>
    distance >= LIT_RIM * size && far[p] === 0 && leastOpacity(portrait, guess, p) >= STRAND_OPACITY ? 1 : 0,
  );
  const things = withoutSlits(standsOut, size, Math.max(1.5, THIN * size));
  const thinPx = Math.max(1, Math.round(THIN * size));
  // The rounded-off corners of things are no strands.
  const besideThings = boxMean(things, size, size, thinPx);
  const thin = maskOf(standsOut, (out, p) => out === 1 && besideThings[p] === 0 && clear[p] === 1);
  const besideStrands = boxMean(thin, size, size, thinPx);
  return {
    clear,
    seen: clear.map((known, p) => Math.max(known, things[p])),
    strands: maskOf(besideStrands, (near, p) => near > 0 && clear[p] === 1),
  };
}
