import { measureFace } from '../evaluate/face-measures.ts';
import { FrameFitter } from '../fit/frame-fitter.ts';
import { landmarksOf } from '../fit/landmark-groups.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { VideoFrame } from '../frame.ts';
import type { Generator } from '../generator.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { logRotation, multiply, rodrigues, transpose } from '../head/rotation.ts';
import type { FaceTracker, TrackedFace } from '../track/types.ts';
import { type LidReading, lidUnits, regressLids } from './lid-answer.ts';
import { openingCurve } from './match-mouth.ts';
import { MouthMeter } from './mouth-meter.ts';
import { openingShares } from './opening-shares.ts';
import { browsFrom, type PictureAnswer, TURN_FEATURES, turnFeatures } from './picture-answer.ts';
import type { ReferenceIdentity } from './reference.ts';
import { regressAnswer, type TurnReading } from './regress-answer.ts';

/** One still of the avatar. */
interface Probe {
  /** From the portrait's rotation about x, y, z. */
  readonly turnDeg: readonly [number, number, number];
  readonly jawRad: number;
  /** Brow units that raise (above 0) or lower the brows are told this much. */
  readonly brows?: number;
  /** Units that part the lips are told this much. */
  readonly lips?: number;
  /** The lids are told to close (above 0) or to open (below 0) this much. */
  readonly lids?: number;
  /** Both eyes look down and to their left by this much further than the portrait's. */
  readonly gazeRad?: readonly [number, number];
}

const STRAIGHT = [0, 0, 0] as const;
/**
 * In an order that a tracker can follow. Most lie where talking heads are: some degrees from the portrait, the mouth
 * at any opening; the others say how far turns carry.
 */
const PROBES: readonly Probe[] = [
  ...[0, 0.05, 0.1, 0.2, 0.3, 0.45].map((jawRad): Probe => ({ turnDeg: STRAIGHT, jawRad })),
  ...[0.4, 0.2, 0.1, 0.05, 0].map((jawRad): Probe => ({ turnDeg: STRAIGHT, jawRad, lips: 0.3 })),
  ...[0.3, 0.6, -0.6, -0.3].map((brows): Probe => ({ turnDeg: STRAIGHT, jawRad: 0.05, brows })),
  ...[0.25, 0.15, 0.05].flatMap((jawRad): Probe[] => [
    { turnDeg: [-5, 0, 0], jawRad },
    { turnDeg: [0, 5, 0], jawRad },
    { turnDeg: [5, 0, 0], jawRad },
    { turnDeg: [0, -5, 0], jawRad },
  ]),
  ...[-10, -20, -12, 0, 10, 20, 12].map((yaw): Probe => ({ turnDeg: [0, yaw, 0], jawRad: 0 })),
  ...[8, 15, 8, 0, -8, -15, -8].map((pitch): Probe => ({ turnDeg: [pitch, 0, 0], jawRad: 0 })),
  ...[-6, -12, 6, 12].map((roll): Probe => ({ turnDeg: [0, 0, roll], jawRad: 0 })),
  ...[0.2, 0.4, -0.5].map((lids): Probe => ({ turnDeg: STRAIGHT, jawRad: 0, lids })),
  ...([-0.5, -0.25, 0.25, 0.5] as const).map(
    (aside): Probe => ({ turnDeg: STRAIGHT, jawRad: 0, gazeRad: [0, aside] }),
  ),
  ...([-0.15, 0.15] as const).map((down): Probe => ({ turnDeg: STRAIGHT, jawRad: 0, gazeRad: [down, 0] })),
];
/** Fewer than these tell nothing. */
const LEAST_SEEN = 20;
/** Readings further off are the tracker's failures, not the picture's answer. */
const FAILED_RAD = 0.2;

/**
 * Draws the avatar turned and with its mouth open, looks at it as a viewer's tracker would, and learns how it
 * answers: ridge regression of the read minus the told turn. Some 50 stills, about a second.
 *
 * @param tracker is reset: give it no stream to follow meanwhile
 * @returns an answer that turns nothing where the tracker finds no face in most of the pictures
 */
export async function learnAnswer(
  rig: LandmarkRig,
  tracker: FaceTracker,
  generator: Generator,
  reference: ReferenceIdentity,
): Promise<PictureAnswer> {
  const fitter = new FrameFitter(rig, reference.calibration);
  const own = reference.coefficients;
  const ownRotation = headRotation(own);
  const mouth = new MouthMeter(rig, reference.calibration);
  const openings: { told: number; seen: number }[] = [];
  const readings: TurnReading[] = [];
  const browHeights = browHeightsOf(rig, reference.calibration.interocularM);
  const lidReadings: LidReading[] = [];
  const lids = lidUnits(rig, reference.calibration.interocularM);
  const shares = openingShares(rig.model, rig.embedding);
  tracker.reset();
  for (const probe of PROBES) {
    const turn = probe.turnDeg.map((degrees) => (degrees * Math.PI) / 180);
    const told = pose(rig, own, multiply(rodrigues(turn), ownRotation), probe, { browHeights, shares });
    const face = await lookAt(tracker, generator, told);
    if (face === null) continue;
    const { mouthGap, lidOpening } = measureFace(face);
    if (probe.turnDeg === STRAIGHT) {
      lidReadings.push({ told, seen: lidOpening });
      if (!movesEyes(probe)) openings.push({ told: mouth.gap(told), seen: mouthGap });
    }
    if (movesEyes(probe)) continue;
    fitter.reset();
    const read = headRotation(fitter.fit(face).coefficients);
    const readTurn = logRotation(multiply(read, transpose(ownRotation)));
    const further = readTurn.map((angle, axis) => angle - turn[axis]);
    if (Math.hypot(...further) > FAILED_RAD) continue;
    const state = { turn, jawRad: told.theta[6] - own.theta[6], browIod: browsFrom(browHeights, own, told) };
    readings.push({ features: turnFeatures(state, new Float64Array(TURN_FEATURES)), further });
  }
  tracker.reset();
  const turn = readings.length < LEAST_SEEN ? new Float64Array(3 * TURN_FEATURES) : regressAnswer(readings);
  const answer = { turn, browHeights, opening: openingCurve(openings) };
  return { ...answer, lids: readings.length < LEAST_SEEN ? null : regressLids(lids, own, lidReadings) };
}

/** Such a picture says nothing of turns and mouths that others don't. */
function movesEyes({ lids, gazeRad }: Probe): boolean {
  return lids !== undefined || gazeRad !== undefined;
}

/** The portrait's face with its head at `rotation`, turned in the neck joint, and what the probe tells it. */
function pose(
  { model }: LandmarkRig,
  own: HeadCoefficients,
  rotation: ArrayLike<number>,
  { jawRad, brows = 0, lips = 0, lids = 0, gazeRad = [0, 0] }: Probe,
  { browHeights, shares }: { browHeights: Float64Array; shares: Float32Array },
): HeadCoefficients {
  const theta = Float32Array.from(own.theta);
  theta.set(logRotation(multiply(transpose(rodrigues(theta)), rotation)), 3);
  theta[6] = jawRad;
  for (const eye of [9, 12]) for (const axis of [0, 1]) theta[eye + axis] += gazeRad[axis];
  const psi = own.psi.map((value, unit) => {
    const { name, region, min, max } = model.expressionUnits[unit];
    const raises = region === 'brows' && browHeights[unit] * brows > 0 ? Math.abs(brows) : 0;
    return Math.min(max, Math.max(min, value + raises + lips * shares[unit] + lidsTold(name, lids)));
  });
  return { ...own, psi, theta };
}

function lidsTold(unit: string, lids: number): number {
  return unit.startsWith(lids > 0 ? 'blink' : 'eye-wide') ? Math.abs(lids) : 0;
}

/** `[expressionCount]` how far each unit raises the brows, inter-ocular distances. */
function browHeightsOf(rig: LandmarkRig, interocularM: number): Float64Array {
  const heights = new Float64Array(rig.expressionCount);
  const brows = landmarksOf('brows');
  for (const landmark of brows)
    for (let term = rig.termStart[landmark]; term < rig.termStart[landmark + 1]; term++) {
      const first = rig.unitStart[landmark];
      for (let k = first; k < rig.unitStart[landmark + 1]; k++)
        heights[rig.units[k]] +=
          rig.deltas[rig.deltaStart[term] + (k - first) * 3 + 1] / (brows.length * interocularM);
    }
  return heights;
}

/** The second look has its region from the first's landmarks, as in a stream. */
async function lookAt(
  tracker: FaceTracker,
  generator: Generator,
  coefficients: HeadCoefficients,
): Promise<TrackedFace | null> {
  const frame: VideoFrame = await generator.generate({
    sequence: 0,
    ptsMs: 0,
    captureTimeMs: 0,
    coefficients,
  });
  const { face } = await tracker.track(frame);
  return face === null ? null : (await tracker.track(frame)).face;
}
