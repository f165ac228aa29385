import type { HeadModel } from '../reenact/head/head-model.ts';
import type { Extras } from './look-file.ts';

/** Part number of the bust in a dressed head: one past the model's own parts. */
export function bustPartOf(model: HeadModel): number {
  return model.parts.length;
}

/**
 * The head with bust and hair cage appended, as a head model itself, so that shapeHead and poseHead move both at once.
 * Vertices: the head's V, then the extras' E.
 * @throws RangeError where the extras belong to another head.
 */
export function dressHead(model: HeadModel, extras: Extras): HeadModel {
  const head = model.vertexCount;
  const all = head + extras.vertexCount;
  if (extras.shapeBasis.length !== model.shapeCount * extras.vertexCount * 3)
    throw new RangeError('the look files belong to another head file');
  const shapeBasis = new Float32Array(model.shapeCount * all * 3);
  for (let c = 0; c < model.shapeCount; c++) {
    shapeBasis.set(model.shapeBasis.subarray(c * head * 3, (c + 1) * head * 3), c * all * 3);
    shapeBasis.set(
      extras.shapeBasis.subarray(c * extras.vertexCount * 3, (c + 1) * extras.vertexCount * 3),
      (c * all + head) * 3,
    );
  }
  const bustTriangles = extras.bustTriangles.length / 3;
  return {
    ...model,
    vertexCount: all,
    triangleCount: model.triangleCount + bustTriangles,
    template: concat(model.template, extras.template),
    triangles: Uint32Array.from([...model.triangles, ...extras.bustTriangles]),
    triangleParts: Uint8Array.from([
      ...model.triangleParts,
      ...new Uint8Array(bustTriangles).fill(bustPartOf(model)),
    ]),
    cornerUv: model.cornerUv === null ? null : concat(model.cornerUv, extras.bustCornerUv),
    shapeBasis,
    skinWeights: concat(model.skinWeights, extras.skinWeights),
    poseBasis: null,
  };
}

function concat(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
