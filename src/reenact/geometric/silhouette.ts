/** Where the head with its hair ends in each direction from the middle of the face. */
export interface Silhouette {
  readonly centreX: number;
  readonly centreY: number;
  /** `[DIRECTIONS]` cells; direction i points at angle 2π i / DIRECTIONS from the screen's right, clockwise. */
  readonly radii: Float32Array;
}

const DIRECTIONS = 144;
/** Score of a boundary on a full edge, against that of a cell on the right side of it (at most about 2). */
const EDGE_SCORE = 9;
/** Colour difference that is a full edge, levels. */
const FULL_EDGE = 70;
/** Cost of a boundary that steps in or out by a cell from one direction to the next. */
const STEP_COST = 2.5;
const MOST_STEP = 4;
const LEAST_SHARE = 0.1;

export interface SilhouetteInput {
  /** `[rows, columns]` 0..1. */
  readonly evidence: Float32Array;
  /** `[rows, columns, 3]` 0..255. */
  readonly colors: Float32Array;
  readonly columns: number;
  readonly rows: number;
  readonly centreX: number;
  readonly centreY: number;
  /** Greatest radius looked at, cells. */
  readonly reach: number;
}

/**
 * The closed curve around the face that has most person inside, most background outside and runs along edges: the best
 * path through a polar picture, by dynamic programming. Seen from the face, heads, hair, hats and veils end once in
 * each direction, which colours alone do not know: grey hair before a grey wall, hair whose side is in shadow.
 */
export function headSilhouette(input: SilhouetteInput): Silhouette {
  const { centreX, centreY } = input;
  const steps = Math.floor(input.reach);
  const scores = new Float32Array(DIRECTIONS * steps);
  for (let i = 0; i < DIRECTIONS; i++) scoreDirection(input, i, steps, scores);

  // Twice around: the second round starts from what the first one found, so the curve closes.
  const best = new Float32Array(2 * DIRECTIONS * steps);
  const from = new Int16Array(2 * DIRECTIONS * steps);
  for (let i = 0; i < 2 * DIRECTIONS; i++)
    for (let r = 0; r < steps; r++) {
      const own = scores[(i % DIRECTIONS) * steps + r];
      if (i === 0) {
        best[r] = own;
        continue;
      }
      let greatest = Number.NEGATIVE_INFINITY;
      let chosen = r;
      for (let q = Math.max(0, r - MOST_STEP); q <= Math.min(steps - 1, r + MOST_STEP); q++) {
        const score = best[(i - 1) * steps + q] - STEP_COST * Math.abs(q - r);
        if (score > greatest) {
          greatest = score;
          chosen = q;
        }
      }
      best[i * steps + r] = own + greatest;
      from[i * steps + r] = chosen;
    }
  const radii = new Float32Array(DIRECTIONS);
  let r = 0;
  const last = (2 * DIRECTIONS - 1) * steps;
  for (let q = 1; q < steps; q++) if (best[last + q] > best[last + r]) r = q;
  // The middle of the two rounds is far from both ends.
  for (let i = 2 * DIRECTIONS - 1; i >= 0; i--) {
    if (i >= DIRECTIONS / 2 && i < (3 * DIRECTIONS) / 2) radii[i % DIRECTIONS] = r + 1;
    r = from[i * steps + r];
  }
  return { centreX, centreY, radii };
}

function scoreDirection(
  input: SilhouetteInput,
  direction: number,
  steps: number,
  scores: Float32Array,
): void {
  const { evidence, colors, columns, rows, centreX, centreY } = input;
  const angle = (2 * Math.PI * direction) / DIRECTIONS;
  const cell = (radius: number): number => {
    const x = Math.floor(centreX + radius * Math.cos(angle));
    const y = Math.floor(centreY + radius * Math.sin(angle));
    return x < 0 || y < 0 || x >= columns || y >= rows ? -1 : y * columns + x;
  };
  let inside = 0;
  for (let r = 0; r < steps; r++) {
    const here = cell(r + 0.5);
    if (here >= 0) {
      const share = Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, evidence[here]));
      inside += Math.log(share / (1 - share));
    }
    const [before, after] = [cell(r), cell(r + 2)];
    let edge = 0;
    if (before >= 0 && after >= 0) {
      const [a, b] = [before * 3, after * 3];
      const difference = Math.hypot(
        colors[a] - colors[b],
        colors[a + 1] - colors[b + 1],
        colors[a + 2] - colors[b + 2],
      );
      edge = Math.min(1, difference / FULL_EDGE);
    }
    scores[direction * steps + r] = 2 * inside + EDGE_SCORE * edge;
  }
}

/** Radius of the silhouette in the direction of (x, y), and the distance of that place from its centre; cells. */
export function radiusTowards(
  { centreX, centreY, radii }: Silhouette,
  x: number,
  y: number,
): { radius: number; away: number } {
  const turn = Math.atan2(y - centreY, x - centreX) / (2 * Math.PI);
  const at = (turn < 0 ? turn + 1 : turn) * DIRECTIONS;
  const i = Math.floor(at) % DIRECTIONS;
  const t = at - Math.floor(at);
  return {
    radius: radii[i] + (radii[(i + 1) % DIRECTIONS] - radii[i]) * t,
    away: Math.hypot(x - centreX, y - centreY),
  };
}
