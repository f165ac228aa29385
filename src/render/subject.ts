import type { HeadCoefficients, HeadModel, ShapedHead } from '../reenact/head/head-model.ts';
import { poseHead } from '../reenact/head/pose-head.ts';
import { shapeHead } from '../reenact/head/shape-head.ts';
import { vertexNormals } from '../reenact/head/vertex-normals.ts';
import { smoothstep } from './colour.ts';
import { cylinderUv } from './cylinder-uv.ts';
import { bustPartOf, dressHead } from './dressed-head.ts';
import { templateFrame, toFaceFrame } from './face-frame.ts';
import { focusUv } from './focus-uv.ts';
import {
  createHeadSurface,
  type HeadSurface,
  partIndex,
  refineField,
  refinePositions,
} from './head-surface.ts';
import type { PersonLook } from './look.ts';
import type { BoundMesh, LookAssets } from './look-file.ts';
import { bakeOcclusion } from './occlusion.ts';
import { type EyeRest, restEyes } from './posed-eyes.ts';
import { bakeSkinTexture, type SkinTexture } from './skin-texture.ts';

/** A person made ready to be drawn: shape, painted skin, occlusion, hair. Made once, drawn in any pose. */
export interface Subject {
  /** Head, with bust and hair cage where there are look files. */
  readonly shaped: ShapedHead;
  readonly look: PersonLook;
  readonly surface: HeadSurface;
  readonly eyes: readonly EyeRest[];
  readonly skin: SkinTexture;
  /** `[vertices of surface, 3]` template in the face frame. */
  readonly facePoints: Float32Array;
  /** `[vertices of surface, 3]` this person's neutral surface. */
  readonly rest: Float32Array;
  /** `[vertices of surface]` open share of the sky at rest, and with mouth open and lids closed. */
  readonly opennessRest: Float32Array;
  readonly opennessMoved: Float32Array;
  readonly hair: BoundMesh | null;
  /** `[hair vertices]` open share of the sky at rest. */
  readonly hairOpenness: Float32Array | null;
  /** `[hair vertices]` what a cut fringe leaves of the hair, kept above 0.5; null where nothing is cut. */
  readonly hairKept: Float32Array | null;
  readonly lashTexture: LookAssets['lashes'] | null;
}

export interface SubjectOptions {
  /** Edge of the skin texture; 512 for small pictures, 1024 for portraits. */
  readonly textureSize: number;
  /** Splits skin triangles in four for round outlines. */
  readonly refine: boolean;
  /** Directions from which openness is seen. Default 48; fewer is faster and coarser. */
  readonly skyDirections?: number;
}

const dressedModels = new WeakMap<HeadModel, WeakMap<LookAssets, HeadModel>>();

/**
 * Makes a person ready.
 * @param assets Bust, hair and lashes of the open head; null draws any other head bare.
 */
export function prepareSubject(
  model: HeadModel,
  beta: ArrayLike<number>,
  look: PersonLook,
  assets: LookAssets | null,
  options: SubjectOptions,
): Subject {
  const dressed = assets === null ? model : dressedModel(model, assets);
  return prepareShaped(shapeHead(dressed, beta), look, assets, options);
}

/** The same for a head that is already dressed and shaped, or reshaped by hand. */
export function prepareShaped(
  shaped: ShapedHead,
  look: PersonLook,
  assets: LookAssets | null,
  options: SubjectOptions,
): Subject {
  const { model } = shaped;
  const frame = templateFrame(model);
  const templatePoints = toFaceFrame(frame, model.template);
  const cornerUv = focusUv(model, model.cornerUv ?? cylinderUv(model), templatePoints);
  const surface = createHeadSurface(model, cornerUv, options.refine);
  const facePoints = refineField(surface, templatePoints, 3);
  const rest = refinePositions(surface, shaped.vertices);
  const hair = look.hair.style === null ? null : (assets?.hair.get(look.hair.style) ?? null);
  const hairKept =
    hair === null || look.hair.fringe === null
      ? null
      : cutFringe(toFaceFrame(frame, placeBound(hair, model.template, UNTURNED)), look.hair.fringe);
  const { underHair, ...occlusion } = bakeSubjectOcclusion(
    shaped,
    surface,
    hair,
    hairKept,
    options.skyDirections ?? 48,
  );
  return {
    shaped,
    look,
    surface,
    eyes: restEyes(shaped, model),
    skin: bakeSkinTexture({ ...skinOf(surface), facePoints, rest, underHair }, look, options.textureSize),
    facePoints,
    rest,
    ...occlusion,
    hair,
    hairKept,
    lashTexture: assets?.lashes ?? null,
  };
}

/** Model with bust and cage; kept as long as both are. */
export function dressedModel(model: HeadModel, assets: LookAssets): HeadModel {
  let byAssets = dressedModels.get(model);
  if (byAssets === undefined) dressedModels.set(model, (byAssets = new WeakMap()));
  let dressed = byAssets.get(assets);
  if (dressed === undefined) byAssets.set(assets, (dressed = dressHead(model, assets.extras)));
  return dressed;
}

/** `[n, 3]` positions of a bound mesh on a posed surface `[V + E, 3]`; `turn` is the neck's rotation, row-major. */
export function placeBound(
  mesh: BoundMesh,
  posed: Float32Array,
  turn: ArrayLike<number>,
  out: Float32Array = new Float32Array(mesh.vertexCount * 3),
): Float32Array {
  const { references, weights, offsets } = mesh;
  for (let i = 0; i < out.length; i += 3) {
    const a = references[i] * 3;
    const b = references[i + 1] * 3;
    const c = references[i + 2] * 3;
    const wa = weights[i];
    const wb = weights[i + 1];
    const wc = weights[i + 2];
    const ox = offsets[i];
    const oy = offsets[i + 1];
    const oz = offsets[i + 2];
    out[i] = wa * posed[a] + wb * posed[b] + wc * posed[c] + turn[0] * ox + turn[1] * oy + turn[2] * oz;
    out[i + 1] =
      wa * posed[a + 1] + wb * posed[b + 1] + wc * posed[c + 1] + turn[3] * ox + turn[4] * oy + turn[5] * oz;
    out[i + 2] =
      wa * posed[a + 2] + wb * posed[b + 2] + wc * posed[c + 2] + turn[6] * ox + turn[7] * oy + turn[8] * oz;
  }
  return out;
}

const UNTURNED = [1, 0, 0, 0, 1, 0, 0, 0, 1];

function skinOf(surface: HeadSurface) {
  const { model } = surface;
  const skin = partIndex(model, 'skin');
  const bust = bustPartOf(model);
  const triangles: number[] = [];
  const cornerUv: number[] = [];
  for (let f = 0; f < surface.parts.length; f++) {
    if (surface.parts[f] !== skin && surface.parts[f] !== bust) continue;
    triangles.push(...surface.triangles.subarray(f * 3, f * 3 + 3));
    cornerUv.push(...surface.cornerUv.subarray(f * 6, f * 6 + 6));
  }
  return {
    triangles: Uint32Array.from(triangles),
    cornerUv: Float32Array.from(cornerUv),
  };
}

/**
 * What is left of each hair vertex (`[n, 3]` in the face frame) when hair in front of the face is cut at a height: above
 * 0.5 it stays; the curtains beside the face are untouched.
 */
function cutFringe(hairFace: Float32Array, fringe: number): Float32Array {
  const out = new Float32Array(hairFace.length / 3);
  for (let v = 0; v < out.length; v++) {
    const cut = fringe - 2.6 * smoothstep(0.72, 1.08, Math.abs(hairFace[v * 3]));
    const behind = 8 * (0.5 - smoothstep(-0.3, 0, hairFace[v * 3 + 2]));
    out[v] = 0.5 + Math.min(4, Math.max((hairFace[v * 3 + 1] - cut) / 0.3, behind));
  }
  return out;
}

function bakeSubjectOcclusion(
  shaped: ShapedHead,
  surface: HeadSurface,
  hair: BoundMesh | null,
  hairKept: Float32Array | null,
  directions: number,
) {
  const { model } = shaped;
  // Lashes would shade their own lids as a solid sheet.
  const lashes = partIndex(model, 'lashes');
  const triangles = model.triangles.filter((_, i) => model.triangleParts[(i / 3) | 0] !== lashes);
  const occlude = (coefficients: HeadCoefficients, withHair: boolean) => {
    const positions = poseHead(shaped, coefficients);
    const receiver = { positions, triangles };
    const normals = vertexNormals(positions, triangles);
    const casters = [receiver];
    // Hair lets light through: half of its shade is what the cards would give if they were solid.
    const bare = bakeOcclusion(receiver, normals, casters, directions).openness;
    if (!withHair || hair === null) return { openness: bare, hairOpenness: null, underHair: null };
    const hairMesh = {
      positions: placeBound(hair, shaped.vertices, UNTURNED),
      triangles:
        hairKept === null
          ? hair.triangles
          : hair.triangles.filter((_, i) => hairKept[hair.triangles[i - (i % 3)]] > 0.5),
    };
    const under = bakeOcclusion(receiver, normals, [receiver, hairMesh], directions).openness;
    const underHair = new Float32Array(under.length);
    for (let v = 0; v < under.length; v++) {
      underHair[v] = 1 - under[v] / Math.max(0.05, bare[v]);
      under[v] = 0.4 * bare[v] + 0.6 * under[v];
    }
    const hairNormals = vertexNormals(hairMesh.positions, hair.triangles);
    outwards(hairMesh.positions, hairNormals, headMiddle(shaped));
    return {
      openness: under,
      underHair,
      hairOpenness: bakeOcclusion(hairMesh, hairNormals, [receiver, hairMesh], directions).openness,
    };
  };
  const still = {
    psi: new Float32Array(model.expressionCount),
    theta: new Float32Array(15),
    translation: new Float32Array(3),
  };
  const rest = occlude(still, true);
  const psi = Float32Array.from(model.expressionUnits, (unit) => (unit.name.startsWith('blink') ? 1 : 0));
  const theta = new Float32Array(15);
  theta[6] = 0.3;
  const moved = occlude({ ...still, psi, theta }, true);
  return {
    opennessRest: refineField(surface, rest.openness, 1),
    opennessMoved: refineField(surface, moved.openness, 1),
    hairOpenness: rest.hairOpenness,
    underHair: rest.underHair === null ? null : refineField(surface, rest.underHair, 1),
  };
}

/** Turns normals of two-sided cards away from `middle` `[3]`, the middle of the head. */
export function outwards(positions: Float32Array, normals: Float32Array, middle: readonly number[]): void {
  const [x, y, z] = middle;
  for (let i = 0; i < positions.length; i += 3) {
    const facing =
      normals[i] * (positions[i] - x) +
      normals[i + 1] * (positions[i + 1] - y) +
      normals[i + 2] * (positions[i + 2] - z);
    if (facing < 0) {
      normals[i] = -normals[i];
      normals[i + 1] = -normals[i + 1];
      normals[i + 2] = -normals[i + 2];
    }
  }
}

/** Middle of the skull: behind the eyes by one and a third of their distance. */
export function headMiddle(shaped: ShapedHead): [number, number, number] {
  const { joints } = shaped;
  const apart = Math.hypot(joints[9] - joints[12], joints[10] - joints[13], joints[11] - joints[14]);
  return [
    (joints[9] + joints[12]) / 2,
    (joints[10] + joints[13]) / 2 + 0.2 * apart,
    (joints[11] + joints[14]) / 2 - 1.3 * apart,
  ];
}
