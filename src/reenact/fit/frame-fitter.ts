import { stampOf } from '../frame.ts';
import type { TrackedFace } from '../track/types.ts';
import { packCoefficients, unpackCoefficients } from './face-parameters.ts';
import { FaceSolver } from './face-solver.ts';
import { type FitPrior, restPrior } from './fit-prior.ts';
import { initialPose } from './initial-pose.ts';
import type { LandmarkRig } from './landmark-rig.ts';
import { emptyObservation, observe } from './observation.ts';
import { measureReprojection } from './reprojection.ts';
import { type ShapedRig, shapeRig } from './shaped-rig.ts';
import type { Calibration, FittedFrame } from './types.ts';

export interface FrameFitterOptions {
  /** Levenberg-Marquardt steps at most, for a frame that follows another; 3 by default. */
  readonly maxIterations?: number;
  /** Standard deviation of an expression unit's change from frame to frame; lids are free. 0.12 by default. */
  readonly unitStepSd?: number;
}

const MAX_ITERATIONS = 3;
const UNIT_STEP_SD = 0.12;
/** A step that lowers the cost by less ends the frame. */
const TOLERANCE = 0.01;
/** From frame to frame the equations change little. */
const CHORD_STEPS = 2;
/** A warm start that ends worse than this is tried again from scratch. */
const LOST_REPROJECTION_IOD = 0.04;
const COLD_RIGID = { maxIterations: 10, tolerance: 1e-3, rigidOnly: true };
const COLD = { maxIterations: 20, tolerance: 1e-3 };

/**
 * Coefficients of one frame after another, shape, camera and bias given. Starts each frame from the one before;
 * the first frame, and one where that fails, from the landmarks alone.
 */
export class FrameFitter {
  private readonly solver: FaceSolver;
  private readonly shaped: ShapedRig;
  private readonly rest: FitPrior;
  /** `rest`, drawn towards the frame before. */
  private readonly temporal: { readonly precision: Float64Array; readonly mean: Float64Array } & FitPrior;
  private readonly stepPrecision: Float64Array;
  private readonly observation = emptyObservation();
  private readonly parameters: Float64Array;
  private readonly coldParameters: Float64Array;
  private readonly reprojection = { medianIod: 0, p95Iod: 0, worstGroupIod: 0 };
  private readonly maxIterations: number;
  private warm = false;

  constructor(
    rig: LandmarkRig,
    private readonly calibration: Calibration,
    options: FrameFitterOptions = {},
  ) {
    this.solver = new FaceSolver(rig);
    this.shaped = shapeRig(rig, calibration.beta, calibration.bias);
    this.rest = restPrior(rig.model);
    this.temporal = { ...this.rest, precision: this.rest.precision.slice(), mean: this.rest.mean.slice() };
    const { unitStepSd = UNIT_STEP_SD, maxIterations = MAX_ITERATIONS } = options;
    this.maxIterations = maxIterations;
    this.stepPrecision = Float64Array.from(rig.model.expressionUnits, ({ region }) =>
      region === 'eyes' ? 0 : 1 / unitStepSd ** 2,
    );
    this.parameters = new Float64Array(this.rest.mean.length);
    this.coldParameters = new Float64Array(this.rest.mean.length);
  }

  fit(face: TrackedFace): FittedFrame {
    const { solver, shaped, observation, parameters, reprojection } = this;
    const { camera } = this.calibration;
    observe(face, observation);
    let iterations = 0;
    if (this.warm) {
      ({ iterations } = solver.solve(shaped, camera, observation, this.towardsLast(), parameters, {
        maxIterations: this.maxIterations,
        tolerance: TOLERANCE,
        chordSteps: CHORD_STEPS,
        // Whatever way the frame before ended, its landmarks are those of `parameters`.
        isPlaced: true,
      }));
      measureReprojection(solver.evaluation.pixels, observation, reprojection);
    }
    if (!this.warm || reprojection.medianIod > LOST_REPROJECTION_IOD) iterations += this.fitCold();
    this.warm = true;
    return {
      ...stampOf(face),
      coefficients: unpackCoefficients(parameters),
      confidence: face.confidence,
      reprojectionIod: reprojection.medianIod,
      worstGroupIod: reprojection.worstGroupIod,
      iterations,
    };
  }

  /** `[478, 2]` pixels, where the latest fit has the landmarks; valid until the next frame. */
  get landmarksPx(): Float64Array {
    return this.solver.evaluation.pixels;
  }

  /** Forget the frame before: the next one starts from its landmarks alone. */
  reset(): void {
    this.warm = false;
  }

  /** Fits from scratch, and keeps that where it explains the landmarks better than what there was. */
  private fitCold(): number {
    const { solver, shaped, observation, reprojection, coldParameters } = this;
    const { camera } = this.calibration;
    const before = this.warm ? reprojection.medianIod : Number.POSITIVE_INFINITY;
    packCoefficients(initialPose(shaped, camera, observation), coldParameters);
    const rigid = solver.solve(shaped, camera, observation, this.rest, coldParameters, COLD_RIGID);
    const full = solver.solve(shaped, camera, observation, this.rest, coldParameters, COLD);
    measureReprojection(solver.evaluation.pixels, observation, reprojection);
    if (reprojection.medianIod < before) this.parameters.set(coldParameters);
    else {
      solver.evaluation.evaluate(shaped, this.parameters, camera);
      measureReprojection(solver.evaluation.pixels, observation, reprojection);
    }
    return rigid.iterations + full.iterations;
  }

  private towardsLast(): FitPrior {
    const { rest, temporal, stepPrecision, parameters } = this;
    for (let unit = 0; unit < stepPrecision.length; unit++) {
      const precision = rest.precision[unit] + stepPrecision[unit];
      temporal.precision[unit] = precision;
      temporal.mean[unit] =
        (rest.precision[unit] * rest.mean[unit] + stepPrecision[unit] * parameters[unit]) / precision;
    }
    return temporal;
  }
}
