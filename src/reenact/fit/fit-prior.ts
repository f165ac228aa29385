import type { HeadModel } from '../head/head-model.ts';
import { JAW_AT, LEFT_GAZE_AT, POSE_PARAMETERS, RIGHT_GAZE_AT } from './face-parameters.ts';

/**
 * Factor on the units' prior information: neighbouring landmarks share their errors, so that 478 of them say less
 * than as many independent ones, and a weak prior has units chase what is no expression.
 */
const UNIT_WEIGHT = 3;
/** Lids close all the way, and often: a prior that held them back would leave the avatar half asleep. */
const BLINK_WEIGHT = 0.3;
/** Standard deviations of the jaw's opening, sideways turn and roll, radians. */
const JAW_SD_RAD = [0.25, 0.04, 0.02];
/** Of an eye's turn up-down and sideways, radians. */
const GAZE_SD_RAD = [0.3, 0.4];
/** Of what the left eye turns more than the right, up-down and sideways, radians. */
const GAZE_DIFFERENCE_SD_RAD = [0.03, 0.06];
const JAW_BOUNDS_RAD = [
  [-0.03, 0.7],
  [-0.15, 0.15],
  [-0.1, 0.1],
];
const GAZE_BOUNDS_RAD = [
  [-0.7, 0.7],
  [-0.9, 0.9],
];

/** Gaussian prior and bounds of a face's parameters (face-parameters.ts); rotation and translation are free. */
export interface FitPrior {
  /** `[parameters]` 1 / sd². */
  readonly precision: Float64Array;
  readonly mean: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** 1 / sd² of left minus right gaze, up-down and sideways. */
  readonly gazeDifferencePrecision: readonly [number, number];
}

/** A face at rest, from the sd and bounds that the head's units carry. */
export function restPrior(model: HeadModel): FitPrior {
  const units = model.expressionCount;
  const count = units + POSE_PARAMETERS;
  const precision = new Float64Array(count);
  const min = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  const max = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  model.expressionUnits.forEach((unit, index) => {
    precision[index] = (unit.name.startsWith('blink') ? BLINK_WEIGHT : UNIT_WEIGHT) / unit.sd ** 2;
    min[index] = unit.min;
    max[index] = unit.max;
  });
  for (let axis = 0; axis < 3; axis++) {
    precision[units + JAW_AT + axis] = 1 / JAW_SD_RAD[axis] ** 2;
    [min[units + JAW_AT + axis], max[units + JAW_AT + axis]] = JAW_BOUNDS_RAD[axis];
  }
  for (const eye of [LEFT_GAZE_AT, RIGHT_GAZE_AT])
    for (let axis = 0; axis < 2; axis++) {
      precision[units + eye + axis] = 1 / GAZE_SD_RAD[axis] ** 2;
      [min[units + eye + axis], max[units + eye + axis]] = GAZE_BOUNDS_RAD[axis];
    }
  return {
    precision,
    mean: new Float64Array(count),
    min,
    max,
    gazeDifferencePrecision: [1 / GAZE_DIFFERENCE_SD_RAD[0] ** 2, 1 / GAZE_DIFFERENCE_SD_RAD[1] ** 2],
  };
}
