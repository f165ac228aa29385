import { LEFT_GAZE_AT, POSE_PARAMETERS, RIGHT_GAZE_AT } from './face-parameters.ts';
import type { FitPrior } from './fit-prior.ts';
import { APART_PAIRS } from './fit-weights.ts';
import { type FitKernel, fitKernelOf } from './kernel/fit-kernel.ts';
import { LandmarkEvaluation } from './landmark-evaluation.ts';
import type { LandmarkRig } from './landmark-rig.ts';
import type { Observation } from './observation.ts';
import { LANDMARK_COUNT } from './types.ts';

/**
 * The Gauss-Newton equations of one face: cost, downhill gradient and the normal matrix Jᵀ W J + prior over the
 * parameters that are free to move. `evaluation` must hold the landmarks of the parameters in question.
 */
export class FaceEquations {
  readonly evaluation: LandmarkEvaluation;
  /** Number of parameters. */
  readonly count: number;
  /** `[parameters]` −∂cost. */
  readonly gradient: Float64Array;
  /** `[parameters]` row of the normal matrix, or -1 for a parameter that is held. */
  readonly slot: Int16Array;
  /** `[freeCount]` parameter of each row. */
  readonly slotParameter: Uint16Array;
  /** `[freeCount, freeCount]` lower triangle; shared by all equations of the rig. */
  readonly hessian: Float64Array;
  /** `[478]` Huber's weight times the observation's precision. */
  readonly weight = new Float64Array(LANDMARK_COUNT);
  freeCount = 0;
  /** `[478, 2]` weighted residuals, 1 / pixel. */
  private readonly force = new Float64Array(LANDMARK_COUNT * 2);
  private readonly kernel: FitKernel;
  private apartPrecision = 0;

  /** @param apartWeight factor on the precision of `APART_PAIRS`; 0 leaves them out */
  constructor(
    readonly rig: LandmarkRig,
    private readonly apartWeight = 1,
  ) {
    this.evaluation = new LandmarkEvaluation(rig);
    this.count = rig.expressionCount + POSE_PARAMETERS;
    this.gradient = new Float64Array(this.count);
    this.slot = new Int16Array(this.count);
    this.slotParameter = new Uint16Array(this.count);
    this.kernel = fitKernelOf(rig);
    this.hessian = this.kernel.hessian;
  }

  /** Cost at `parameters`, whose landmarks `evaluation` holds; leaves Huber's weights behind. */
  cost(observation: Observation, prior: FitPrior, parameters: Float64Array): number {
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
    for (let p = 0; p < APART_PAIRS.length; p += 2) {
      const a = APART_PAIRS[p] * 2;
      const b = APART_PAIRS[p + 1] * 2;
      const ex = observation.pixels[a] - observation.pixels[b] - pixels[a] + pixels[b];
      const ey = observation.pixels[a + 1] - observation.pixels[b + 1] - pixels[a + 1] + pixels[b + 1];
      cost += 0.5 * this.apartWeight * observation.apartPrecision * (ex * ex + ey * ey);
    }
    const pose = this.rig.expressionCount;
    for (let axis = 0; axis < 2; axis++) {
      const difference = parameters[pose + LEFT_GAZE_AT + axis] - parameters[pose + RIGHT_GAZE_AT + axis];
      cost += 0.5 * prior.gazeDifferencePrecision[axis] * difference * difference;
    }
    return cost;
  }

  /** Downhill direction −∂cost at `parameters`, and the Jacobian that `assemble` needs. */
  differentiate(observation: Observation, prior: FitPrior, parameters: Float64Array): void {
    this.evaluation.differentiate();
    this.placePriorGradient(prior, parameters);
    const { gradient, weight } = this;
    const { pixels, columnStart, columns, dx, dy } = this.evaluation;
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      const w = weight[landmark];
      if (w === 0) continue;
      const ex = w * (observation.pixels[landmark * 2] - pixels[landmark * 2]);
      const ey = w * (observation.pixels[landmark * 2 + 1] - pixels[landmark * 2 + 1]);
      const end = columnStart[landmark + 1];
      for (let c = columnStart[landmark]; c < end; c++) gradient[columns[c]] += ex * dx[c] + ey * dy[c];
    }
    this.apartPrecision = this.apartWeight * observation.apartPrecision;
    if (this.apartPrecision === 0) return;
    for (let p = 0; p < APART_PAIRS.length; p += 2) {
      const a = APART_PAIRS[p];
      const b = APART_PAIRS[p + 1];
      const ex =
        this.apartPrecision *
        (observation.pixels[a * 2] - observation.pixels[b * 2] - pixels[a * 2] + pixels[b * 2]);
      const ey =
        this.apartPrecision *
        (observation.pixels[a * 2 + 1] -
          observation.pixels[b * 2 + 1] -
          pixels[a * 2 + 1] +
          pixels[b * 2 + 1]);
      for (let c = columnStart[a]; c < columnStart[a + 1]; c++)
        gradient[columns[c]] += ex * dx[c] + ey * dy[c];
      for (let c = columnStart[b]; c < columnStart[b + 1]; c++)
        gradient[columns[c]] -= ex * dx[c] + ey * dy[c];
    }
  }

  /** The same downhill direction without the Jacobian, for less than half the price. */
  placeGradient(observation: Observation, prior: FitPrior, parameters: Float64Array): void {
    const { force, weight } = this;
    const { pixels } = this.evaluation;
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      const w = weight[landmark];
      const x = landmark * 2;
      force[x] = w === 0 ? 0 : w * (observation.pixels[x] - pixels[x]);
      force[x + 1] = w === 0 ? 0 : w * (observation.pixels[x + 1] - pixels[x + 1]);
    }
    const apart = this.apartWeight * observation.apartPrecision;
    for (let p = 0; p < APART_PAIRS.length; p += 2)
      for (let axis = 0; axis < 2; axis++) {
        const a = APART_PAIRS[p] * 2 + axis;
        const b = APART_PAIRS[p + 1] * 2 + axis;
        const pull = apart * (observation.pixels[a] - observation.pixels[b] - pixels[a] + pixels[b]);
        force[a] += pull;
        force[b] -= pull;
      }
    this.placePriorGradient(prior, parameters);
    this.evaluation.addGradient(force, this.gradient);
  }

  private placePriorGradient(prior: FitPrior, parameters: Float64Array): void {
    const { gradient } = this;
    for (let i = 0; i < this.count; i++) gradient[i] = prior.precision[i] * (prior.mean[i] - parameters[i]);
    const pose = this.rig.expressionCount;
    for (let axis = 0; axis < 2; axis++) {
      const left = pose + LEFT_GAZE_AT + axis;
      const right = pose + RIGHT_GAZE_AT + axis;
      const pull = prior.gazeDifferencePrecision[axis] * (parameters[left] - parameters[right]);
      gradient[left] -= pull;
      gradient[right] += pull;
    }
  }

  /** Parameters that a step may move: all but those at a bound that the gradient pushes against. */
  chooseFree(prior: FitPrior, parameters: Float64Array, rigidOnly: boolean): void {
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
  assemble(prior: FitPrior): void {
    const { hessian, slot, slotParameter, kernel, freeCount: n } = this;
    for (let i = 0; i < this.count; i++) kernel.slotBytes[i] = slot[i] * 8;
    kernel.weight.set(this.weight);
    kernel.assemble(n);
    if (this.apartPrecision > 0)
      for (let p = 0; p < APART_PAIRS.length; p += 2) this.assembleApart(APART_PAIRS[p], APART_PAIRS[p + 1]);
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

  /** Adds what the distance of two landmarks says: their columns' difference, merged by parameter. */
  private assembleApart(a: number, b: number): void {
    const { slot, kernel } = this;
    const { columnStart, columns, dx, dy } = this.evaluation;
    const endA = columnStart[a + 1];
    const endB = columnStart[b + 1];
    let atA = columnStart[a];
    let atB = columnStart[b];
    let used = 0;
    while (atA < endA || atB < endB) {
      const ofA = atA < endA ? columns[atA] : this.count;
      const ofB = atB < endB ? columns[atB] : this.count;
      let x = 0;
      let y = 0;
      if (ofA <= ofB) {
        x += dx[atA];
        y += dy[atA++];
      }
      if (ofB <= ofA) {
        x -= dx[atB];
        y -= dy[atB++];
      }
      const s = slot[Math.min(ofA, ofB)];
      if (s >= 0) kernel.setOuter(used++, s, x, y);
    }
    kernel.addOuter(used, this.apartPrecision, this.freeCount);
  }
}
