import { LEFT_GAZE_AT, POSE_PARAMETERS, RIGHT_GAZE_AT } from './face-parameters.ts';
import type { FitPrior } from './fit-prior.ts';
import { APART_PAIRS } from './fit-weights.ts';
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
  /** `[freeCount, freeCount]` lower triangle. */
  readonly hessian: Float64Array;
  /** `[478]` Huber's weight times the observation's precision. */
  readonly weight = new Float64Array(LANDMARK_COUNT);
  freeCount = 0;
  /** `[478, 2]` weighted residuals, 1 / pixel. */
  private readonly force = new Float64Array(LANDMARK_COUNT * 2);
  private readonly columnSlot: Int16Array;
  private readonly columnX: Float64Array;
  private readonly columnY: Float64Array;
  /** `[parameters]` where a row of the matrix stands in the merged columns of a pair, or -1. */
  private readonly mergedAt: Int16Array;
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
    this.hessian = new Float64Array(this.count * this.count);
    this.columnSlot = new Int16Array(this.count);
    this.columnX = new Float64Array(this.count);
    this.columnY = new Float64Array(this.count);
    this.mergedAt = new Int16Array(this.count).fill(-1);
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
    const { hessian, slot, slotParameter, columnSlot, columnX, columnY, weight, freeCount: n } = this;
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
        columnX[used] = dx[c];
        columnY[used++] = dy[c];
      }
      this.addOuterProduct(w, used);
    }
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

  /**
   * hessian += w (x xᵀ + y yᵀ) of the first `used` compacted columns. Two rows at a time: what both multiply with is
   * read once.
   */
  private addOuterProduct(w: number, used: number): void {
    const { hessian, columnSlot, columnX, columnY, freeCount: n } = this;
    let a = 0;
    for (; a + 1 < used; a += 2) {
      const row0 = Math.imul(columnSlot[a], n);
      const row1 = Math.imul(columnSlot[a + 1], n);
      const x0 = w * columnX[a];
      const y0 = w * columnY[a];
      const x1 = w * columnX[a + 1];
      const y1 = w * columnY[a + 1];
      for (let b = 0; b <= a; b++) {
        const s = columnSlot[b];
        const x = columnX[b];
        const y = columnY[b];
        hessian[(row0 + s) | 0] += x0 * x + y0 * y;
        hessian[(row1 + s) | 0] += x1 * x + y1 * y;
      }
      hessian[row1 + columnSlot[a + 1]] += x1 * columnX[a + 1] + y1 * columnY[a + 1];
    }
    if (a === used) return;
    const row = columnSlot[a] * n;
    const ax = w * columnX[a];
    const ay = w * columnY[a];
    for (let b = 0; b <= a; b++) hessian[row + columnSlot[b]] += ax * columnX[b] + ay * columnY[b];
  }

  /** Adds what the distance of two landmarks says: their columns' difference, merged by parameter. */
  private assembleApart(a: number, b: number): void {
    const { hessian, slot, columnSlot, columnX, columnY, mergedAt, apartPrecision, freeCount: n } = this;
    const { columnStart, columns, dx, dy } = this.evaluation;
    let used = 0;
    for (let c = columnStart[a]; c < columnStart[a + 1]; c++) {
      const s = slot[columns[c]];
      if (s < 0) continue;
      mergedAt[s] = used;
      columnSlot[used] = s;
      columnX[used] = dx[c];
      columnY[used++] = dy[c];
    }
    for (let c = columnStart[b]; c < columnStart[b + 1]; c++) {
      const s = slot[columns[c]];
      if (s < 0) continue;
      let at = mergedAt[s];
      if (at < 0) {
        at = used++;
        columnSlot[at] = s;
        columnX[at] = 0;
        columnY[at] = 0;
      }
      columnX[at] -= dx[c];
      columnY[at] -= dy[c];
    }
    for (let k = 0; k < used; k++) mergedAt[columnSlot[k]] = -1;
    for (let i = 0; i < used; i++) {
      const ax = apartPrecision * columnX[i];
      const ay = apartPrecision * columnY[i];
      for (let j = 0; j <= i; j++) {
        const row = Math.max(columnSlot[i], columnSlot[j]);
        const column = Math.min(columnSlot[i], columnSlot[j]);
        hessian[row * n + column] += ax * columnX[j] + ay * columnY[j];
      }
    }
  }
}
