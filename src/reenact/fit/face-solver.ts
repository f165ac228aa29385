import type { Camera } from '../head/head-model.ts';
import { solveCholesky } from './cholesky.ts';
import {
  applyStep,
  LEFT_GAZE_AT,
  POSE_PARAMETERS,
  RIGHT_GAZE_AT,
  TRANSLATION_AT,
} from './face-parameters.ts';
import type { FitPrior } from './fit-prior.ts';
import { LandmarkEvaluation } from './landmark-evaluation.ts';
import type { LandmarkRig } from './landmark-rig.ts';
import type { Observation } from './observation.ts';
import type { ShapedRig } from './shaped-rig.ts';
import { LANDMARK_COUNT } from './types.ts';

export interface SolveOptions {
  readonly maxIterations: number;
  /** Stop when a step lowers the cost by less than this fraction. */
  readonly tolerance: number;
  /** Move rotation and translation only. */
  readonly rigidOnly?: boolean;
}

export interface SolveResult {
  readonly iterations: number;
  /** Half the weighted squares (Huber's beyond 2.5 σ) plus half the prior's. */
  readonly cost: number;
}

/** Nearest the head's origin may come to the camera, metres. */
const MIN_DEPTH_M = 0.05;
const FIRST_DAMPING = 1e-4;
const MAX_DAMPING = 1e4;
/** How often a step is solved again with the parameters that it pushed out of bounds held there. */
const BOUND_PASSES = 3;

/**
 * Levenberg-Marquardt over the parameters of one face: Huber's loss on landmark distances by iteratively
 * reweighted least squares, Gaussian priors, and bounds by an active set (Bertsekas, "Projected Newton methods",
 * 1982). Shape, bias and camera are given. Reuses its buffers: one solver serves any number of faces in turn.
 */
export class FaceSolver {
  readonly evaluation: LandmarkEvaluation;
  private readonly count: number;
  private readonly trial: Float64Array;
  private readonly step: Float64Array;
  private readonly gradient: Float64Array;
  /** `[parameters]` column of the reduced system, or -1. */
  private readonly slot: Int16Array;
  private readonly slotParameter: Uint16Array;
  private readonly hessian: Float64Array;
  private readonly factor: Float64Array;
  private readonly solution: Float64Array;
  private readonly weight = new Float64Array(LANDMARK_COUNT);
  private readonly columnSlot: Int16Array;
  private freeCount = 0;

  constructor(readonly rig: LandmarkRig) {
    this.evaluation = new LandmarkEvaluation(rig);
    this.count = rig.expressionCount + POSE_PARAMETERS;
    this.trial = new Float64Array(this.count);
    this.step = new Float64Array(this.count);
    this.gradient = new Float64Array(this.count);
    this.slot = new Int16Array(this.count);
    this.slotParameter = new Uint16Array(this.count);
    this.hessian = new Float64Array(this.count * this.count);
    this.factor = new Float64Array(this.count * this.count);
    this.solution = new Float64Array(this.count);
    this.columnSlot = new Int16Array(this.count);
  }

  /** Improves `parameters` in place; they must lie within the bounds. */
  solve(
    shaped: ShapedRig,
    camera: Camera,
    observation: Observation,
    prior: FitPrior,
    parameters: Float64Array,
    options: SolveOptions,
  ): SolveResult {
    const { evaluation, trial } = this;
    let damping = FIRST_DAMPING;
    evaluation.evaluate(shaped, parameters, camera, true);
    let cost = this.cost(observation, prior, parameters);
    let iterations = 0;
    let rejected = false;
    while (iterations < options.maxIterations && damping < MAX_DAMPING) {
      this.differentiate(observation, prior, parameters);
      this.chooseFree(prior, parameters, options.rigidOnly === true);
      this.assemble(prior);
      let accepted = false;
      let decrease = 0;
      while (!accepted && damping < MAX_DAMPING) {
        if (this.solveStep(prior, parameters, damping)) {
          applyStep(parameters, this.step, trial);
          const depth = -trial[this.rig.expressionCount + TRANSLATION_AT + 2];
          const last = iterations + 1 === options.maxIterations;
          if (depth > MIN_DEPTH_M) {
            evaluation.evaluate(shaped, trial, camera, !last);
            rejected = true;
            const trialCost = this.cost(observation, prior, trial);
            if (trialCost <= cost) {
              decrease = cost - trialCost;
              cost = trialCost;
              parameters.set(trial);
              accepted = true;
              rejected = false;
            }
          }
        }
        damping = accepted ? Math.max(damping / 10, 1e-9) : damping * 10;
      }
      if (!accepted) break;
      iterations++;
      if (decrease <= options.tolerance * cost) break;
    }
    // Leave the landmarks of the result, not those of a rejected trial.
    if (rejected) evaluation.evaluate(shaped, parameters, camera, false);
    return { iterations, cost };
  }

  /** Cost at `parameters`, whose landmarks `evaluation` holds; leaves Huber's weights behind. */
  private cost(observation: Observation, prior: FitPrior, parameters: Float64Array): number {
    const { pixels } = this.evaluation;
    const { huberPx } = observation;
    let cost = 0;
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      const precision = observation.precision[landmark];
      if (precision === 0) {
        this.weight[landmark] = 0;
        continue;
      }
      const ex = observation.pixels[landmark * 2] - pixels[landmark * 2];
      const ey = observation.pixels[landmark * 2 + 1] - pixels[landmark * 2 + 1];
      const squared = ex * ex + ey * ey;
      if (squared <= huberPx * huberPx) {
        this.weight[landmark] = precision;
        cost += 0.5 * precision * squared;
      } else {
        const distance = Math.sqrt(squared);
        this.weight[landmark] = (precision * huberPx) / distance;
        cost += precision * huberPx * (distance - 0.5 * huberPx);
      }
    }
    for (let i = 0; i < this.count; i++) {
      const precision = prior.precision[i];
      if (precision === 0) continue;
      const away = parameters[i] - prior.mean[i];
      cost += 0.5 * precision * away * away;
    }
    const pose = this.rig.expressionCount;
    for (let axis = 0; axis < 2; axis++) {
      const difference = parameters[pose + LEFT_GAZE_AT + axis] - parameters[pose + RIGHT_GAZE_AT + axis];
      cost += 0.5 * prior.gazeDifferencePrecision[axis] * difference * difference;
    }
    return cost;
  }

  /** Downhill direction −∂cost at `parameters`. */
  private differentiate(observation: Observation, prior: FitPrior, parameters: Float64Array): void {
    const { gradient, weight } = this;
    const { pixels, columnStart, columns, dx, dy } = this.evaluation;
    for (let i = 0; i < this.count; i++) gradient[i] = prior.precision[i] * (prior.mean[i] - parameters[i]);
    const pose = this.rig.expressionCount;
    for (let axis = 0; axis < 2; axis++) {
      const left = pose + LEFT_GAZE_AT + axis;
      const right = pose + RIGHT_GAZE_AT + axis;
      const pull = prior.gazeDifferencePrecision[axis] * (parameters[left] - parameters[right]);
      gradient[left] -= pull;
      gradient[right] += pull;
    }
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      const w = weight[landmark];
      if (w === 0) continue;
      const ex = w * (observation.pixels[landmark * 2] - pixels[landmark * 2]);
      const ey = w * (observation.pixels[landmark * 2 + 1] - pixels[landmark * 2 + 1]);
      const end = columnStart[landmark + 1];
      for (let c = columnStart[landmark]; c < end; c++) gradient[columns[c]] += ex * dx[c] + ey * dy[c];
    }
  }

  /** Parameters that a step may move: all but those at a bound that the gradient pushes against. */
  private chooseFree(prior: FitPrior, parameters: Float64Array, rigidOnly: boolean): void {
    const pose = this.rig.expressionCount;
    let free = 0;
    for (let i = 0; i < this.count; i++) {
      const held =
        (parameters[i] <= prior.min[i] && this.gradient[i] <= 0) ||
        (parameters[i] >= prior.max[i] && this.gradient[i] >= 0) ||
        (rigidOnly && (i < pose || i >= pose + 6));
      this.slot[i] = held ? -1 : free;
      if (!held) this.slotParameter[free++] = i;
    }
    this.freeCount = free;
  }

  /** Lower triangle of Jᵀ W J + prior over the free parameters. */
  private assemble(prior: FitPrior): void {
    const { hessian, slot, slotParameter, columnSlot, weight, freeCount: n } = this;
    const { columnStart, columns, dx, dy } = this.evaluation;
    hessian.fill(0, 0, n * n);
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      const w = weight[landmark];
      if (w === 0) continue;
      const start = columnStart[landmark];
      const end = columnStart[landmark + 1];
      // Compact the free columns to the front of scratch rows, so that the inner loop has no branch.
      let used = 0;
      for (let c = start; c < end; c++) {
        const s = slot[columns[c]];
        if (s < 0) continue;
        columnSlot[used] = s;
        scratchX[used] = dx[c];
        scratchY[used++] = dy[c];
      }
      for (let a = 0; a < used; a++) {
        const row = columnSlot[a] * n;
        const ax = w * scratchX[a];
        const ay = w * scratchY[a];
        for (let b = 0; b <= a; b++) hessian[row + columnSlot[b]] += ax * scratchX[b] + ay * scratchY[b];
      }
    }
    for (let s = 0; s < n; s++) hessian[s * n + s] += prior.precision[slotParameter[s]];
    const pose = this.rig.expressionCount;
    for (let axis = 0; axis < 2; axis++) {
      const left = slot[pose + LEFT_GAZE_AT + axis];
      const right = slot[pose + RIGHT_GAZE_AT + axis];
      const precision = prior.gazeDifferencePrecision[axis];
      if (left >= 0) hessian[left * n + left] += precision;
      if (right >= 0) hessian[right * n + right] += precision;
      if (left >= 0 && right >= 0) hessian[right * n + left] -= precision;
    }
  }

  /**
   * The damped step, in `step`. A parameter that it would carry over a bound is held on the bound, and the rest is
   * solved again; after the last pass what still goes over is cut off.
   */
  private solveStep(prior: FitPrior, parameters: Float64Array, damping: number): boolean {
    const { hessian, factor, solution, step, slotParameter, gradient, freeCount: n } = this;
    step.fill(0);
    this.held.fill(0, 0, n);
    for (let pass = 0; pass < BOUND_PASSES; pass++) {
      let m = 0;
      for (let s = 0; s < n; s++) if (this.held[s] === 0) this.packed[m++] = s;
      for (let a = 0; a < m; a++) {
        const row = this.packed[a] * n;
        for (let b = 0; b < a; b++) factor[a * n + b] = hessian[row + this.packed[b]];
        factor[a * n + a] = hessian[row + this.packed[a]] * (1 + damping) + 1e-12;
        let right = gradient[slotParameter[this.packed[a]]];
        if (m < n)
          for (let s = 0; s < n; s++) {
            if (this.held[s] === 0) continue;
            const coupling = s < this.packed[a] ? hessian[row + s] : hessian[s * n + this.packed[a]];
            right -= coupling * step[slotParameter[s]];
          }
        solution[a] = right;
      }
      if (!solveCholesky(factor, solution, m, n)) return false;
      let crossed = 0;
      for (let a = 0; a < m; a++) {
        const i = slotParameter[this.packed[a]];
        const target = parameters[i] + solution[a];
        const bound = Math.max(prior.min[i], Math.min(prior.max[i], target));
        step[i] = bound - parameters[i];
        if (bound !== target) {
          this.held[this.packed[a]] = 1;
          crossed++;
        } else step[i] = solution[a];
      }
      if (crossed === 0) break;
    }
    return true;
  }
  private readonly held = new Uint8Array(1024);
  private readonly packed = new Uint16Array(1024);
}

/** More columns than any landmark has. */
const scratchX = new Float64Array(1024);
const scratchY = new Float64Array(1024);
