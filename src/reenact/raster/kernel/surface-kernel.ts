import { addExpression } from '../../head/add-expression.ts';
import { JOINT_COUNT } from '../../head/head-file-header.ts';
import type { Camera, HeadCoefficients, HeadModel, ShapedHead } from '../../head/head-model.ts';
import { TRANSFORM_SIZE } from '../../head/joint-transforms.ts';
import { placeJoints } from '../../head/pose-head.ts';
import { KernelMemory } from '../../kernel-memory.ts';
import { GUARD_PX, NEAR_M, type RasterTarget } from '../raster.ts';
import { surfaceTriangles } from '../surface-triangles.ts';

interface Exports {
  addDeltas(vertex: number, end: number, delta: number, amount: number, points: number): void;
  add(a: number, b: number, sum: number, bytes: number): void;
  skin(
    points: number,
    end: number,
    offset: number,
    start: number,
    weight: number,
    transforms: number,
    dx: number,
    dy: number,
    dz: number,
  ): void;
  project(
    points: number,
    end: number,
    focalPx: number,
    centreX: number,
    centreY: number,
    nearM: number,
    guardPx: number,
    screen: number,
    cell: number,
  ): void;
  rasterise(
    corner: number,
    end: number,
    screen: number,
    cell: number,
    width: number,
    height: number,
    depth: number,
    owner: number,
    barycentric: number,
  ): void;
  sample(
    pixels: number,
    owner: number,
    barycentric: number,
    triangles: number,
    first: number,
    second: number,
    outPixel: number,
    outFirst: number,
    outSecond: number,
  ): number;
}

const kernels = new WeakMap<HeadModel, Map<number, SurfaceKernel>>();

/** The kernel of a model and a map's size, made once. */
export function surfaceKernelOf(model: HeadModel, mapSize: number): SurfaceKernel {
  let ofModel = kernels.get(model);
  if (ofModel === undefined) kernels.set(model, (ofModel = new Map()));
  let kernel = ofModel.get(mapSize);
  if (kernel === undefined) ofModel.set(mapSize, (kernel = new SurfaceKernel(model, mapSize)));
  return kernel;
}

/**
 * Poses one model's heads and looks at them through the pixels of square maps of one size, in WebAssembly
 * (surface-kernel.wat): the numbers of addExpression, skin, rasterise and interpolate, bit for bit. Whatever it holds is
 * valid until its next call, whoever makes it.
 */
export class SurfaceKernel {
  /** `[F', 3]` the surface's triangles. */
  readonly triangles: Uint32Array;
  readonly target: RasterTarget;
  /** Of the covered pixels of the latest map: `[count]`, and `[count, 3]` rest vertices and expression, metres. */
  readonly pixels: Int32Array;
  readonly places: Float64Array;
  readonly deformations: Float64Array;
  private readonly model: HeadModel;
  /** `[V, 3]`, padded to whole vectors. */
  private readonly vertices: Float32Array;
  private readonly deformation: Float32Array;
  private readonly points: Float32Array;
  private readonly pointCount: number;
  private readonly corners: Int32Array;
  private readonly screen: Float64Array;
  private readonly cells: Int32Array;
  private readonly owner: Int32Array;
  private readonly barycentric: Float32Array;
  private readonly depth: Float32Array;
  private readonly transforms: Float64Array;
  private skinning: { offsets: Int32Array; starts: Int32Array; weights: Float32Array } | null = null;
  /** `[nnz]` offsets of the points that expression moves, and their deltas; null where a component moves them all. */
  private readonly sparse: { vertexBytes: Int32Array; deltas: Float32Array } | null;
  private readonly memory: KernelMemory;
  private readonly exports: Exports;

  constructor(model: HeadModel, mapSize: number) {
    this.model = model;
    this.triangles = surfaceTriangles(model);
    const { indices, deltas, offsets } = model.expression;
    const isSparse = offsets.every((start, c) => c === 0 || start - offsets[c - 1] < model.vertexCount);
    const plane = mapSize * mapSize;
    const size = Math.ceil((model.vertexCount * 3) / 4) * 4;
    const influences = model.skinWeights.length;
    const bytes =
      4 * (3 * size + this.triangles.length + model.vertexCount + 6 * plane + 2 * influences) +
      8 * (model.vertexCount * 3 + 6 * plane + JOINT_COUNT * TRANSFORM_SIZE) +
      4 * (model.vertexCount + 1 + (isSparse ? indices.length + deltas.length : 0));
    const memory = new KernelMemory(24, bytes);
    this.memory = memory;
    this.pointCount = model.vertexCount * 3;
    this.vertices = memory.floats(size);
    this.deformation = memory.floats(size);
    this.points = memory.floats(size);
    this.corners = memory.ints(this.triangles.length);
    this.corners.set(this.triangles);
    this.screen = memory.doubles(model.vertexCount * 3);
    this.cells = memory.ints(model.vertexCount);
    this.transforms = memory.doubles(JOINT_COUNT * TRANSFORM_SIZE);
    this.depth = memory.floats(plane);
    this.owner = memory.ints(plane);
    this.barycentric = memory.floats(plane * 3);
    this.target = {
      width: mapSize,
      height: mapSize,
      depth: this.depth,
      triangle: this.owner,
      barycentric: this.barycentric,
    };
    this.pixels = memory.ints(plane);
    this.places = memory.doubles(plane * 3);
    this.deformations = memory.doubles(plane * 3);
    this.sparse = isSparse
      ? { vertexBytes: memory.ints(indices.length), deltas: memory.floats(deltas.length) }
      : null;
    this.sparse?.vertexBytes.set(Int32Array.from(indices, (vertex) => vertex * 12));
    this.sparse?.deltas.set(deltas);
    this.exports = memory.instantiate(new URL('surface-kernel.wasm', import.meta.url)) as Exports;
  }

  /**
   * Fills `target`, `pixels`, `places` and `deformations`.
   *
   * @param camera maps to pixels of the map
   * @returns how many pixels are covered
   */
  sample(shaped: ShapedHead, coefficients: HeadCoefficients, camera: Camera): number {
    const { exports, vertices, deformation, points, target, screen, cells, depth, owner, corners } = this;
    vertices.set(shaped.vertices);
    this.express(coefficients.psi);
    exports.add(vertices.byteOffset, deformation.byteOffset, points.byteOffset, points.byteLength);
    this.skin(shaped, coefficients);
    const pointsEnd = points.byteOffset + this.pointCount * 4;
    exports.project(
      points.byteOffset,
      pointsEnd,
      camera.focalPx,
      camera.centreX,
      camera.centreY,
      NEAR_M,
      GUARD_PX,
      screen.byteOffset,
      cells.byteOffset,
    );
    depth.fill(Number.POSITIVE_INFINITY);
    owner.fill(-1);
    exports.rasterise(
      corners.byteOffset,
      corners.byteOffset + corners.byteLength,
      screen.byteOffset,
      cells.byteOffset,
      target.width,
      target.height,
      depth.byteOffset,
      owner.byteOffset,
      this.barycentric.byteOffset,
    );
    return exports.sample(
      owner.length,
      owner.byteOffset,
      this.barycentric.byteOffset,
      corners.byteOffset,
      vertices.byteOffset,
      deformation.byteOffset,
      this.pixels.byteOffset,
      this.places.byteOffset,
      this.deformations.byteOffset,
    );
  }

  /** `deformation` = B_E ψ. */
  private express(psi: Float32Array): void {
    const { deformation, sparse, exports, model } = this;
    const { offsets } = model.expression;
    deformation.fill(0);
    if (sparse === null || psi.length >= offsets.length) {
      addExpression(model.expression, psi, deformation.subarray(0, this.pointCount));
      return;
    }
    const { byteOffset: vertexAt } = sparse.vertexBytes;
    const { byteOffset: deltaAt } = sparse.deltas;
    for (let c = 0; c < psi.length; c++) {
      if (psi[c] === 0) continue;
      const start = offsets[c];
      const end = vertexAt + offsets[c + 1] * 4;
      exports.addDeltas(vertexAt + start * 4, end, deltaAt + start * 12, psi[c], deformation.byteOffset);
    }
  }

  /** `points` bent by the joints, in place. */
  private skin(shaped: ShapedHead, coefficients: HeadCoefficients): void {
    const { points, exports, transforms, memory } = this;
    const posed = placeJoints(shaped, coefficients, points.subarray(0, this.pointCount));
    if (this.skinning === null) {
      const { offsets, transforms: starts, weights } = posed.influences;
      this.skinning = {
        offsets: memory.ints(offsets.length),
        starts: memory.ints(starts.length),
        weights: memory.floats(weights.length),
      };
      this.skinning.offsets.set(offsets);
      this.skinning.starts.set(Int32Array.from(starts, (start) => start * 8));
      this.skinning.weights.set(weights);
    }
    // The first two rows of [3, 4] as columns, then the third.
    for (let joint = 0; joint < transforms.length; joint += TRANSFORM_SIZE)
      for (let i = 0; i < 4; i++) {
        transforms[joint + i * 2] = posed.transforms[joint + i];
        transforms[joint + i * 2 + 1] = posed.transforms[joint + 4 + i];
        transforms[joint + 8 + i] = posed.transforms[joint + 8 + i];
      }
    const { offsets, starts, weights } = this.skinning;
    exports.skin(
      points.byteOffset,
      points.byteOffset + this.pointCount * 4,
      offsets.byteOffset,
      starts.byteOffset,
      weights.byteOffset,
      transforms.byteOffset,
      coefficients.translation[0],
      coefficients.translation[1],
      coefficients.translation[2],
    );
  }
}
