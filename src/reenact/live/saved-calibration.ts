import { type Calibration, LANDMARK_COUNT } from '../fit/types.ts';
import type { HeadModel } from '../head/head-model.ts';
import type { SavedCalibration } from './types.ts';

/** What the fit of a live session knows about its driver. */
export interface LearnedDriver {
  readonly calibration: Calibration;
  /** Of the pictures that it was learned from. */
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly explicitNeutral: boolean;
}

export function saveCalibration(model: HeadModel, driver: LearnedDriver): SavedCalibration {
  const { calibration, imageWidth, imageHeight, explicitNeutral } = driver;
  const { beta, bias, camera, neutral, interocularM } = calibration;
  return {
    headSha256: model.sha256,
    imageWidth,
    imageHeight,
    explicitNeutral,
    beta: Array.from(beta),
    bias: Array.from(bias),
    camera: { focalPx: camera.focalPx, centreX: camera.centreX, centreY: camera.centreY },
    neutral: {
      psi: Array.from(neutral.psi),
      theta: Array.from(neutral.theta),
      translation: Array.from(neutral.translation),
    },
    interocularM,
  };
}

/** @returns null where it is of another head or damaged: the driver is then learned anew */
export function restoreCalibration(model: HeadModel, saved: SavedCalibration): LearnedDriver | null {
  const { neutral, camera } = saved;
  const fits =
    saved.headSha256 === model.sha256 &&
    saved.beta.length === model.shapeCount &&
    saved.bias.length === LANDMARK_COUNT * 3 &&
    neutral.psi.length === model.expressionCount &&
    neutral.theta.length === 15 &&
    neutral.translation.length === 3;
  if (!fits) return null;
  const { imageWidth, imageHeight, explicitNeutral, interocularM } = saved;
  return {
    imageWidth,
    imageHeight,
    explicitNeutral,
    calibration: {
      beta: Float32Array.from(saved.beta),
      bias: Float32Array.from(saved.bias),
      camera,
      neutral: {
        psi: Float32Array.from(neutral.psi),
        theta: Float32Array.from(neutral.theta),
        translation: Float32Array.from(neutral.translation),
      },
      interocularM,
    },
  };
}
