import { solveCholesky } from '../fit/cholesky.ts';
import { LID_PAIRS } from '../fit/landmark-groups.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { HeadCoefficients } from '../head/head-model.ts';

/**
 * How far an avatar's eyes are read open in its picture beside what its lids are told: an opening jaw and eyes that
 * look aside make the tracker see other lids than were drawn, each picture's in its own way.
 */
export interface LidAnswer {
  /** `[LID_FEATURES]` distance of the lids that is read too much, inter-ocular distances. */
  readonly further: Float64Array;
  readonly units: LidUnits;
}

/** What one eye's lids are moved by. */
export interface LidUnits {
  /** `[expressionCount]` how far each unit opens the left and the right eye, inter-ocular distances. */
  readonly left: Float64Array;
  readonly right: Float64Array;
  /** `[expressionCount]` largest value of each unit. */
  readonly most: Float64Array;
}

/** One look at an avatar's picture. */
export interface LidReading {
  readonly told: HeadCoefficients;
  /** Of `measureFace`, fraction of the eye's width. */
  readonly seen: number;
}

const LID_FEATURES = 4;
const JAW_FEATURE = 0;
const SEEN_JAW_RAD = 0.5;
const SEEN_GAZE_RAD = [0.3, 0.7] as const;
/** No lid is moved by more than this beyond what is commanded, inter-ocular distances: about a fifth of an open eye. */
const MOST_IOD = 0.035;
/** A head whose lids hardly move can't be helped. */
const LEAST_UNIT_IOD = 0.005;

const JAW = 6;
const EYES = [9, 12];

/** The jaw's opening, and where the eyes look: down, to the left, aside at all. */
function lidFeatures(portrait: HeadCoefficients, now: HeadCoefficients, out: Float64Array): Float64Array {
  const jawRad = now.theta[JAW] - portrait.theta[JAW];
  const gaze = (axis: number): number =>
    EYES.reduce((sum, eye) => sum + (now.theta[eye + axis] - portrait.theta[eye + axis]) / 2, 0);
  out[0] = within(SEEN_JAW_RAD, jawRad);
  out[1] = within(SEEN_GAZE_RAD[0], gaze(0));
  out[2] = within(SEEN_GAZE_RAD[1], gaze(1));
  out[3] = Math.abs(out[2]);
  return out;
}

function within(limit: number, value: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

/** How far each unit opens each eye of a person. */
export function lidUnits(rig: LandmarkRig, interocularM: number): LidUnits {
  const left = new Float64Array(rig.expressionCount);
  const right = new Float64Array(rig.expressionCount);
  rig.model.expressionUnits.forEach(({ region, side }, unit) => {
    if (region !== 'eyes') return;
    let apart = 0;
    let pairs = 0;
    for (const [upper, lower] of LID_PAIRS) {
      const motion = riseOf(rig, upper, unit) - riseOf(rig, lower, unit);
      // A pair of the other eye stays where it is.
      if (motion === 0) continue;
      apart += motion;
      pairs++;
    }
    const opens = pairs === 0 ? 0 : apart / pairs / interocularM;
    if (side !== 'right') left[unit] = opens;
    if (side !== 'left') right[unit] = opens;
  });
  return { left, right, most: Float64Array.from(rig.model.expressionUnits, ({ max }) => max) };
}

/** Metres upwards in the rest frame that one unit moves a landmark. */
function riseOf(rig: LandmarkRig, landmark: number, unit: number): number {
  const first = rig.unitStart[landmark];
  let rise = 0;
  for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++)
    for (let k = first; k < rig.unitStart[landmark + 1]; k++)
      if (rig.units[k] === unit) rise += rig.deltas[rig.deltaStart[term] + (k - first) * 3 + 1];
  return rise;
}

/** What one reading errs by, fraction of the eye's width. */
const READING_SD = 0.006;
/** How far each feature may reasonably go, a unit of it: constant, lids, then those of `lidFeatures`. */
const ANSWER_SD = [0.3, 3, 0.15, 0.3, 0.15, 0.15];
/** Under this a picture's lids can't be seen to move, and nothing can be made up for with them. */
const LEAST_SLOPE = 0.5;

/** Least squares with a Gaussian prior about 0; null where the lids are not seen to move. */
export function regressLids(
  units: LidUnits,
  portrait: HeadCoefficients,
  readings: readonly LidReading[],
): LidAnswer | null {
  const { left, right } = units;
  const n = ANSWER_SD.length;
  const normal = new Float64Array(n * n);
  const solution = new Float64Array(n);
  const row = new Float64Array(n);
  for (const { told, seen } of readings) {
    row[0] = 1;
    row[1] = 0;
    for (let unit = 0; unit < left.length; unit++)
      row[1] += ((left[unit] + right[unit]) / 2) * (told.psi[unit] - portrait.psi[unit]);
    lidFeatures(portrait, told, row.subarray(2));
    for (let a = 0; a < n; a++) {
      solution[a] += row[a] * seen;
      for (let b = 0; b <= a; b++) normal[a * n + b] += row[a] * row[b];
    }
  }
  for (let a = 0; a < n; a++) normal[a * n + a] += (READING_SD / ANSWER_SD[a]) ** 2;
  if (!solveCholesky(normal, solution, n, n) || !(solution[1] >= LEAST_SLOPE)) return null;
  const further = solution.slice(2).map((value) => value / solution[1]);
  // An open jaw narrows the eyes that a tracker reads; where the stills say otherwise they show something else, and
  // lids that close against the jaw follow worse than lids left alone.
  further[JAW_FEATURE] = Math.min(0, further[JAW_FEATURE]);
  return { further, units };
}

const features = new Float64Array(LID_FEATURES);

/**
 * What to tell the generator so that its lids read as `commanded`. Closed lids stay closed: the less an eye is open,
 * the less of the answer there is.
 */
export function tellLids(
  { further, units }: LidAnswer,
  portrait: HeadCoefficients,
  commanded: HeadCoefficients,
): HeadCoefficients {
  lidFeatures(portrait, commanded, features);
  let wider = 0;
  for (let f = 0; f < LID_FEATURES; f++) wider -= further[f] * features[f];
  wider = within(MOST_IOD, wider);
  const psi = Float32Array.from(commanded.psi);
  openEye(psi, units.left, wider, units.most);
  openEye(psi, units.right, wider, units.most);
  return { ...commanded, psi };
}

/** Closes with the unit that closes most and opens with the one that opens most, each after the other is taken back. */
function openEye(psi: Float32Array, opens: Float64Array, wider: number, most: Float64Array): void {
  const closer = strongest(opens, -1);
  const open = Math.max(0, Math.min(1, 1 - psi[closer]));
  const way = Math.sign(wider);
  const against = strongest(opens, -way);
  const along = strongest(opens, way);
  let left = Math.abs(wider) * open;
  const back = Math.min(psi[against], left / Math.max(LEAST_UNIT_IOD, Math.abs(opens[against])));
  psi[against] -= Math.max(0, back);
  left -= Math.max(0, back) * Math.abs(opens[against]);
  const further = left / Math.max(LEAST_UNIT_IOD, Math.abs(opens[along]));
  psi[along] = Math.max(psi[along], Math.min(most[along], psi[along] + further));
}

function strongest(opens: Float64Array, way: number): number {
  let best = 0;
  for (let unit = 1; unit < opens.length; unit++) if (way * opens[unit] > way * opens[best]) best = unit;
  return best;
}
