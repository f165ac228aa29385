import type { Camera } from '../head/head-model.ts';
import { backward, factorise, forward, solveCholesky } from './cholesky.ts';
import { FaceEquations } from './face-equations.ts';
import { applyStep, POSE_PARAMETERS, TRANSLATION_AT } from './face-parameters.ts';
import type { FitPrior } from './fit-prior.ts';
import { ShapeKernel } from './kernel/shape-kernel.ts';
import type { LandmarkRig } from './landmark-rig.ts';
import type { Observation } from './observation.ts';
import { ShapeJacobian } from './shape-jacobian.ts';
import { shapeRig } from './shaped-rig.ts';
import { LANDMARK_COUNT } from './types.ts';

/** One face of the person under calibration; `parameters` are improved in place. */
export interface ShapeFace {
  readonly observation: Observation;
  readonly prior: FitPrior;
  readonly parameters: Float64Array;
}

/** What the faces share. */
export interface SharedShape {
  readonly beta: Float64Array;
  readonly camera: Camera;
}

export interface ShapePrior {
  /** ln(pixels), mean and standard deviation. */
  readonly logFocal: { readonly mean: number; readonly sd: number };
  /** Beyond this many standard deviations beta is cut off. */
  readonly betaLimit: number;
  /** Factor on the information of the prior about beta and focal length: one face's worth is 1. */
  readonly weight: number;
}

const MAX_DAMPING = 1e5;

/**
 * Gauss-Newton over beta, focal length and the coefficients of all faces together. A face's own unknowns are
 * eliminated by the Schur complement, so that one step costs one small dense system, and the slow zigzag of
 * alternating between shape and pose does not arise.
 */
export class ShapeSolver {
  private readonly equations: FaceEquations;
  private readonly kernel: ShapeKernel;
  private readonly jacobian: ShapeJacobian;

  constructor(private readonly rig: LandmarkRig) {
    // The shared unknowns' equations know the landmarks one by one only.
    this.equations = new FaceEquations(rig, 0);
    this.kernel = new ShapeKernel(rig.shapeCount + 1, rig.expressionCount + POSE_PARAMETERS);
    this.jacobian = new ShapeJacobian(this.equations.evaluation, this.kernel);
  }

  /**
   * @param bias `[478, 3]` held fixed
   * @returns the improved shared unknowns
   */
  solve(
    faces: readonly ShapeFace[],
    start: SharedShape,
    bias: ArrayLike<number>,
    prior: ShapePrior,
    maxIterations: number,
  ): SharedShape {
    let shared = start;
    let damping = 1e-3;
    let cost = this.cost(
      faces,
      faces.map(({ parameters }) => parameters),
      shared,
      bias,
      prior,
    );
    for (let iteration = 0; iteration < maxIterations && damping < MAX_DAMPING; iteration++) {
      const reduced = this.reduce(faces, shared, bias, prior, damping);
      const moved = reduced && this.move(faces, shared, reduced, prior);
      const trialCost =
        moved === null
          ? Number.POSITIVE_INFINITY
          : this.cost(faces, moved.parameters, moved.shared, bias, prior);
      if (!(trialCost <= cost) || moved === null) {
        damping *= 10;
        continue;
      }
      faces.forEach(({ parameters }, index) => {
        parameters.set(moved.parameters[index]);
      });
      shared = moved.shared;
      damping = Math.max(damping / 10, 1e-6);
      const settled = cost - trialCost < 1e-3 * trialCost;
      cost = trialCost;
      if (settled) break;
    }
    return shared;
  }

  private cost(
    faces: readonly ShapeFace[],
    parameters: readonly Float64Array[],
    shared: SharedShape,
    bias: ArrayLike<number>,
    prior: ShapePrior,
  ): number {
    const shaped = shapeRig(this.rig, shared.beta, bias);
    let cost =
      0.5 * prior.weight * ((Math.log(shared.camera.focalPx) - prior.logFocal.mean) / prior.logFocal.sd) ** 2;
    for (const value of shared.beta) cost += 0.5 * prior.weight * value * value;
    faces.forEach((face, index) => {
      this.equations.evaluation.evaluate(shaped, parameters[index], shared.camera);
      cost += this.equations.cost(face.observation, face.prior, parameters[index]);
    });
    return cost;
  }

  /** The system over the shared unknowns, with each face's elimination kept for the way back; null if singular. */
  private reduce(
    faces: readonly ShapeFace[],
    { beta, camera }: SharedShape,
    bias: ArrayLike<number>,
    prior: ShapePrior,
    damping: number,
  ): ReducedSystem | null {
    const { equations } = this;
    const { size, stride, matrix, right } = this.kernel;
    matrix.fill(0);
    right.fill(0);
    const shaped = shapeRig(this.rig, beta, bias);
    const eliminations: Elimination[] = [];
    for (const { observation, prior: facePrior, parameters } of faces) {
      equations.evaluation.evaluate(shaped, parameters, camera);
      equations.cost(observation, facePrior, parameters);
      equations.differentiate(observation, facePrior, parameters);
      equations.chooseFree(facePrior, parameters, false);
      equations.assemble(facePrior);
      this.accumulate(observation, camera);
      const elimination = eliminate(equations, this.kernel, damping);
      if (elimination === null) return null;
      subtractSchur(elimination, this.kernel);
      eliminations.push(elimination);
    }
    for (let s = 0; s + 1 < size; s++) {
      matrix[s * stride + s] += prior.weight;
      right[s] -= prior.weight * beta[s];
    }
    const last = size - 1;
    const focalPrecision = prior.weight / prior.logFocal.sd ** 2;
    matrix[last * stride + last] += focalPrecision;
    right[last] += focalPrecision * (prior.logFocal.mean - Math.log(camera.focalPx));
    for (let s = 0; s < size; s++) matrix[s * stride + s] *= 1 + damping;
    return solveCholesky(matrix, right, size, stride) ? { step: right.slice(0, size), eliminations } : null;
  }

  /** Adds a face to the shared system, and writes its coupling `[free, shared]`. */
  private accumulate(observation: Observation, camera: Camera): void {
    const { equations, jacobian, kernel } = this;
    const { evaluation, weight, slot } = equations;
    kernel.coupling.fill(0, 0, equations.freeCount * kernel.stride);
    jacobian.place();
    for (let landmark = 0; landmark < LANDMARK_COUNT; landmark++) {
      const w = weight[landmark];
      if (w === 0) continue;
      jacobian.differentiate(landmark, camera);
      const ex = w * (observation.pixels[landmark * 2] - evaluation.pixels[landmark * 2]);
      const ey = w * (observation.pixels[landmark * 2 + 1] - evaluation.pixels[landmark * 2 + 1]);
      kernel.addToRight(ex, ey);
      kernel.addToMatrix(w);
      for (let c = evaluation.columnStart[landmark]; c < evaluation.columnStart[landmark + 1]; c++) {
        const row = slot[evaluation.columns[c]];
        if (row >= 0) kernel.addToCoupling(row, w * evaluation.dx[c], w * evaluation.dy[c]);
      }
    }
  }

  /** Takes the shared step, and each face's own that follows from it; null where a head would pass the camera. */
  private move(
    faces: readonly ShapeFace[],
    { beta, camera }: SharedShape,
    { step, eliminations }: ReducedSystem,
    prior: ShapePrior,
  ): { shared: SharedShape; parameters: Float64Array[] } | null {
    const size = step.length;
    const { betaLimit } = prior;
    const shared = {
      beta: beta.map((value, s) => Math.max(-betaLimit, Math.min(betaLimit, value + step[s]))),
      camera: {
        ...camera,
        focalPx: camera.focalPx * Math.exp(Math.max(-0.3, Math.min(0.3, step[size - 1]))),
      },
    };
    const depthAt = this.rig.expressionCount + TRANSLATION_AT + 2;
    const parameters: Float64Array[] = [];
    for (let f = 0; f < faces.length; f++) {
      const own = ownStep(eliminations[f], step, faces[f].parameters.length);
      const { min, max } = faces[f].prior;
      const before = faces[f].parameters;
      for (let p = 0; p < own.length; p++)
        own[p] = Math.max(min[p], Math.min(max[p], before[p] + own[p])) - before[p];
      const after = new Float64Array(own.length);
      applyStep(before, own, after);
      if (after[depthAt] > -0.05) return null;
      parameters.push(after);
    }
    return { shared, parameters };
  }
}

interface ReducedSystem {
  /** `[shared]`. */
  readonly step: Float64Array;
  readonly eliminations: readonly Elimination[];
}

/** A face's own system, factorised. */
interface Elimination {
  readonly parameter: Uint16Array;
  /** `[free, free]` L of its normal matrix. */
  readonly factor: Float64Array;
  /** `[shared, free]` L⁻¹ · coupling, transposed. */
  readonly coupling: Float64Array;
  /** `[free]` L⁻¹ · gradient. */
  readonly gradient: Float64Array;
}

function eliminate(
  equations: FaceEquations,
  { size, stride, coupling }: ShapeKernel,
  damping: number,
): Elimination | null {
  const n = equations.freeCount;
  const factor = equations.hessian.slice(0, n * n);
  for (let s = 0; s < n; s++) factor[s * n + s] = factor[s * n + s] * (1 + damping) + 1e-12;
  if (!factorise(factor, n, n)) return null;
  const transposed = new Float64Array(size * n);
  for (let row = 0; row < n; row++)
    for (let s = 0; s < size; s++) transposed[s * n + row] = coupling[row * stride + s];
  for (let s = 0; s < size; s++) forward(factor, transposed, n, n, s * n);
  const gradient = Float64Array.from(
    { length: n },
    (_, row) => equations.gradient[equations.slotParameter[row]],
  );
  forward(factor, gradient, n, n, 0);
  return { parameter: equations.slotParameter.slice(0, n), factor, coupling: transposed, gradient };
}

/** matrix −= C Cᵀ, right −= C g, with C the eliminated coupling. */
function subtractSchur(
  { coupling, gradient }: Elimination,
  { size, stride, matrix, right }: ShapeKernel,
): void {
  const n = gradient.length;
  for (let s = 0; s < size; s++) {
    let along = 0;
    for (let k = 0; k < n; k++) along += coupling[s * n + k] * gradient[k];
    right[s] -= along;
    for (let t = 0; t <= s; t++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += coupling[s * n + k] * coupling[t * n + k];
      matrix[s * stride + t] -= sum;
    }
  }
}

/** A face's step once the shared step is known. */
function ownStep(
  { parameter, factor, coupling, gradient }: Elimination,
  step: Float64Array,
  count: number,
): Float64Array {
  const n = gradient.length;
  const reduced = gradient.slice();
  for (let s = 0; s < step.length; s++)
    for (let k = 0; k < n; k++) reduced[k] -= coupling[s * n + k] * step[s];
  backward(factor, reduced, n, n);
  const own = new Float64Array(count);
  for (let k = 0; k < n; k++) own[parameter[k]] = reduced[k];
  return own;
}
