import type { Camera } from '../head/head-model.ts';
import { FaceEquations } from './face-equations.ts';
import { applyStep, TRANSLATION_AT } from './face-parameters.ts';
import type { FitPrior } from './fit-prior.ts';
import { type FitKernel, fitKernelOf } from './kernel/fit-kernel.ts';
import type { LandmarkEvaluation } from './landmark-evaluation.ts';
import type { LandmarkRig } from './landmark-rig.ts';
import type { Observation } from './observation.ts';
import type { ShapedRig } from './shaped-rig.ts';

export interface SolveOptions {
  readonly maxIterations: number;
  /** Stop when a step lowers the cost by less than this fraction. */
  readonly tolerance: number;
  /** Move rotation and translation only. */
  readonly rigidOnly?: boolean;
  /**
   * Steps with the last factorised matrix and a new gradient that may follow each full step (chord method): a
   * fifth of its price, and nearly as good where the start is close. 0 by default.
   */
  readonly chordSteps?: number;
  /** The evaluation holds the landmarks of the start already, of the same shape and camera. False by default. */
  readonly isPlaced?: boolean;
}

export interface SolveResult {
  readonly iterations: number;
  /** Half the weighted squares (Huber's beyond 2.5 σ) plus half the prior's. */
  readonly cost: number;
}

/** Nearest the head's origin may come to the camera, metres. */
const MIN_DEPTH_M = 0.05;
const FIRST_DAMPING = 1e-4;
const MIN_DAMPING = 1e-9;
const MAX_DAMPING = 1e4;
/** How often a step is solved again with the parameters that it pushed out of bounds held there. */
const BOUND_PASSES = 2;

/**
 * Levenberg-Marquardt over the parameters of one face: Huber's loss on landmark distances by iteratively
 * reweighted least squares, Gaussian priors, and bounds by an active set (Bertsekas, "Projected Newton methods",
 * 1982). Shape, bias and camera are given. Reuses its buffers: one solver serves any number of faces in turn.
 */
export class FaceSolver {
  readonly equations: FaceEquations;
  private readonly trial: Float64Array;
  private readonly step: Float64Array;
  private readonly kernel: FitKernel;
  private readonly held: Uint8Array;
  /** Rows of the normal matrix that the last step moved, in the order of the kernel's factor. */
  private readonly packed: Uint16Array;
  private packedCount = 0;

  constructor(readonly rig: LandmarkRig) {
    this.equations = new FaceEquations(rig);
    const { count } = this.equations;
    this.trial = new Float64Array(count);
    this.step = new Float64Array(count);
    this.kernel = fitKernelOf(rig);
    this.held = new Uint8Array(count);
    this.packed = new Uint16Array(count);
  }

  /** Landmarks of the latest solution. */
  get evaluation(): LandmarkEvaluation {
    return this.equations.evaluation;
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
    const { equations, trial } = this;
    const { evaluation } = equations;
    const chordSteps = options.chordSteps ?? 0;
    let damping = FIRST_DAMPING;
    if (options.isPlaced !== true) evaluation.evaluate(shaped, parameters, camera);
    let cost = equations.cost(observation, prior, parameters);
    let iterations = 0;
    let chords = chordSteps;
    let placed = true;
    while (iterations < options.maxIterations && damping < MAX_DAMPING) {
      const chord = chords < chordSteps;
      if (chord) equations.placeGradient(observation, prior, parameters);
      else {
        equations.differentiate(observation, prior, parameters);
        equations.chooseFree(prior, parameters, options.rigidOnly === true);
        equations.assemble(prior);
      }
      const last = iterations + 1 === options.maxIterations;
      let accepted = false;
      let decrease = 0;
      while (!accepted && damping < MAX_DAMPING) {
        if (chord ? this.chordStep(prior, parameters) : this.solveStep(prior, parameters, damping)) {
          applyStep(parameters, this.step, trial);
          if (-trial[this.rig.expressionCount + TRANSLATION_AT + 2] > MIN_DEPTH_M) {
            evaluation.evaluate(shaped, trial, camera);
            const trialCost = equations.cost(observation, prior, trial);
            accepted = trialCost <= cost;
            placed = accepted;
            if (accepted) {
              decrease = cost - trialCost;
              cost = trialCost;
              parameters.set(trial);
            }
          }
        }
        if (chord) break;
        damping = accepted ? Math.max(damping / 10, MIN_DAMPING) : damping * 10;
      }
      if (chord && !accepted) {
        // The matrix is stale: place the landmarks again, and take a full step.
        evaluation.evaluate(shaped, parameters, camera);
        equations.cost(observation, prior, parameters);
        placed = true;
        chords = chordSteps;
        if (last) break;
        continue;
      }
      if (!accepted) break;
      iterations++;
      chords = chord ? chords + 1 : 0;
      if (decrease <= options.tolerance * cost) break;
    }
    // Leave the landmarks of the result, not those of a rejected trial.
    if (!placed) evaluation.evaluate(shaped, parameters, camera);
    return { iterations, cost };
  }

  /**
   * The damped step, in `step`. A parameter that it would carry over a bound is held on the bound, and the rest is
   * solved again; after the last pass what still goes over is cut off.
   */
  private solveStep(prior: FitPrior, parameters: Float64Array, damping: number): boolean {
    const { kernel, step, held, packed } = this;
    const { factor, solution } = kernel;
    const { hessian, slotParameter, gradient, freeCount: n } = this.equations;
    step.fill(0);
    held.fill(0, 0, n);
    for (let pass = 0; pass < BOUND_PASSES; pass++) {
      let m = 0;
      for (let s = 0; s < n; s++) if (held[s] === 0) packed[m++] = s;
      if (m === n) factor.set(hessian.subarray(0, n * n));
      for (let a = 0; a < m; a++) {
        const row = packed[a] * n;
        if (m < n) for (let b = 0; b < a; b++) factor[a * n + b] = hessian[row + packed[b]];
        factor[a * n + a] = hessian[row + packed[a]] * (1 + damping) + 1e-12;
        let right = gradient[slotParameter[packed[a]]];
        if (m < n)
          for (let s = 0; s < n; s++) {
            if (held[s] === 0) continue;
            const coupling = s < packed[a] ? hessian[row + s] : hessian[s * n + packed[a]];
            right -= coupling * step[slotParameter[s]];
          }
        solution[a] = right;
      }
      this.packedCount = m;
      if (!kernel.factorise(m, n)) return false;
      kernel.substitute(m, n);
      let crossed = 0;
      for (let a = 0; a < m; a++) {
        const i = slotParameter[packed[a]];
        const target = parameters[i] + solution[a];
        const bound = Math.max(prior.min[i], Math.min(prior.max[i], target));
        step[i] = bound - parameters[i];
        if (bound !== target) {
          held[packed[a]] = 1;
          crossed++;
        } else step[i] = solution[a];
      }
      if (crossed === 0) break;
    }
    return true;
  }

  /** A step over the parameters of the last full step with its factor; false where there is none. */
  private chordStep(prior: FitPrior, parameters: Float64Array): boolean {
    const { kernel, step, packed, packedCount: m } = this;
    const { solution } = kernel;
    const { slotParameter, gradient, freeCount: n } = this.equations;
    step.fill(0);
    for (let a = 0; a < m; a++) solution[a] = gradient[slotParameter[packed[a]]];
    kernel.substitute(m, n);
    for (let a = 0; a < m; a++) {
      const i = slotParameter[packed[a]];
      step[i] = Math.max(prior.min[i], Math.min(prior.max[i], parameters[i] + solution[a])) - parameters[i];
    }
    return m > 0;
  }
}
