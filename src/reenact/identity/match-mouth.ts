import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { Calibration } from '../fit/types.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { MouthMeter } from './mouth-meter.ts';
import { openingShares } from './opening-shares.ts';

/** How wide a picture's mouth is read where the model has it so and so wide; both ascending, inter-ocular distances. */
export interface OpeningCurve {
  readonly told: Float64Array;
  readonly seen: Float64Array;
}

/** What it takes to open an avatar's mouth as far as a driver's. */
export interface MouthMatch {
  readonly driver: MouthMeter;
  readonly avatar: MouthMeter;
  /** Of the avatar's picture; null takes it to be read as it is told. */
  readonly curve: OpeningCurve | null;
  /** `[expressionCount]` how much of each unit's motion of the lips is in their opening, 0..1. */
  readonly shares: Float32Array;
}

type Person = Pick<Calibration, 'beta' | 'bias'>;

/** @param shares of `openingShares`, where they are at hand */
export function mouthMatch(
  rig: LandmarkRig,
  driver: Person,
  avatar: { readonly calibration: Person; readonly answer?: { readonly opening: OpeningCurve | null } },
  shares: Float32Array = openingShares(rig.model, rig.embedding),
): MouthMatch {
  return {
    driver: new MouthMeter(rig, driver),
    avatar: new MouthMeter(rig, avatar.calibration),
    curve: avatar.answer?.opening ?? null,
    shares,
  };
}

/** Gaps that are as good as shut, inter-ocular distances: no ratio is taken of less. */
const SHUT = 0.02;
/** A unit that parts the lips does no more than this much of what the driver's does. */
const MOST_RATIO = 1.5;
/** No jaw opens further, and none is opened or shut by more than this beyond the driver's. */
const JAW_RAD = { least: -0.03, most: 0.55, further: 0.25, less: 0.15 };
const STEP_RAD = 0.04;
const NEWTON_STEPS = 2;

/**
 * The avatar's motion with its mouth as wide as wanted in its picture: what parts the lips gets the ratio of the two
 * openings, and the jaw makes up for the rest. The same jaw angle opens a short jaw less than a long one, a bowed
 * head shows less of it, and lips that touch in one face are apart in another.
 *
 * @param wanted inter-ocular distances
 */
export function matchMouth(
  { avatar, curve, shares }: MouthMatch,
  commanded: HeadCoefficients,
  wanted: number,
): HeadCoefficients {
  const told = curve === null ? wanted : toldFor(curve, wanted);
  const before = Math.max(0, avatar.gap(commanded));
  const ratio = Math.min(MOST_RATIO, (Math.max(0, told) + SHUT) / (before + SHUT));
  const psi = commanded.psi.map((value, unit) => value * (1 + (ratio - 1) * shares[unit]));
  const theta = Float32Array.from(commanded.theta);
  const least = Math.max(JAW_RAD.least, theta[6] - JAW_RAD.less);
  const most = Math.max(theta[6], Math.min(JAW_RAD.most, theta[6] + JAW_RAD.further));
  const matched = { ...commanded, psi, theta };
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const gap = avatar.gap(matched);
    const slope = (avatar.gap(matched, theta[6] + STEP_RAD) - gap) / STEP_RAD;
    if (!(slope > 0.2)) break;
    theta[6] = Math.min(most, Math.max(least, theta[6] + (told - gap) / slope));
  }
  return matched;
}

/** The model's gap that is read as `wanted`: linear between what was seen, and on beyond it as at its ends. */
function toldFor({ told, seen }: OpeningCurve, wanted: number): number {
  const last = seen.length - 1;
  let k = 1;
  while (k < last && seen[k] < wanted) k++;
  const slope = (told[k] - told[k - 1]) / (seen[k] - seen[k - 1]);
  return told[k - 1] + (wanted - seen[k - 1]) * slope;
}

/** Least slope of a curve: where the tracker sees little of an opening, it can't be forced. */
const FLATTEST = 0.35;
/** Readings that one point of a curve is the mean of: mouths of other shapes with gaps alike are read differently. */
const TOGETHER = 2;

/** A rising curve through the means of readings that lie next to each other; null for too few. */
export function openingCurve(readings: readonly { told: number; seen: number }[]): OpeningCurve | null {
  const sorted = [...readings].sort((a, b) => a.told - b.told);
  const told: number[] = [];
  const seen: number[] = [];
  for (let k = 0; k + TOGETHER <= sorted.length; k++) {
    const some = sorted.slice(k, k + TOGETHER);
    const mean = (of: 'told' | 'seen'): number =>
      some.reduce((sum, reading) => sum + reading[of], 0) / TOGETHER;
    const last = told.length - 1;
    if (last >= 0 && mean('told') - told[last] < 0.01) continue;
    told.push(mean('told'));
    seen.push(
      last < 0 ? mean('seen') : Math.max(mean('seen'), seen[last] + FLATTEST * (mean('told') - told[last])),
    );
  }
  return told.length < 3 ? null : { told: Float64Array.from(told), seen: Float64Array.from(seen) };
}
