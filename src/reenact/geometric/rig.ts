import type { LandmarkEmbedding } from '../fit/types.ts';
import type { RgbaImage } from '../frame.ts';
import type { Camera, HeadCoefficients, HeadModel, ShapedHead } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { poseHead } from '../head/pose-head.ts';
import { shapeHead } from '../head/shape-head.ts';
import type { ReferenceIdentity } from '../identity/reference.ts';
import { findBackground } from './background.ts';
import { type BodySheet, buildBodySheet, mapNeck } from './body-sheet.ts';
import { buildHeadSheet } from './build-head-sheet.ts';
import { lidScales } from './eye-closing.ts';
import { buildEyes, type EyeLayer } from './eye-layer.ts';
import { faceRegion } from './face-region.ts';
import { buildGrid, sampleGrid } from './grid.ts';
import { hairLikeness } from './hair.ts';
import { hairOnFace } from './hair-on-face.ts';
import type { HeadSheet } from './head-sheet.ts';
import { buildInterior, interiorFit } from './interior.ts';
import { headReach, type LayerInput, splitLayers } from './layers.ts';
import { refineLidLines } from './lid-lines.ts';
import { buildLidStrips, coverEyes, type LidStrips } from './lids.ts';
import { personMatte } from './matte.ts';
import { buildMouth, coverMouth, type MouthLayer } from './mouth.ts';
import { neckCut } from './neck-cut.ts';
import { maskOf } from './numeric.ts';
import { FACE_OUTLINE, JAW } from './openings.ts';
import { mouthPalette } from './palette.ts';
import { plainTeeth } from './plain-teeth.ts';
import { relaxRim, reliefOf } from './relief.ts';
import { RigidMotion } from './rigid-motion.ts';
import { seatHead } from './seat.ts';
import { compactHead, projectPoints, SeatedHead, type SurfacePoints, surfacePoints } from './seated-head.ts';
import { certainHead, skullMask } from './skull.ts';
import { createEdgeScratch, type EdgeScratch } from './soften-edges.ts';
import { makeTexture, type RasterTarget, refineTexture, type Texture } from './warp-raster.ts';

/** What a portrait needs beside itself to be warped. */
export interface WarpRigSource {
  readonly model: HeadModel;
  readonly embedding: LandmarkEmbedding;
  readonly reference: ReferenceIdentity;
}

/** A portrait made ready to move: built once an avatar, with every buffer that a frame needs. */
export interface WarpRig extends RigScratch {
  readonly size: number;
  readonly camera: Camera;
  readonly reference: ReferenceIdentity;
  /** The seated head, cut down to what the warp looks at. */
  readonly head: ShapedHead;
  /** `[n]` vertices of the full head that `head` keeps, in its order. */
  readonly headVertexIds: Uint32Array;
  /** `[expressionCount]` how much more each unit does than in the model; see `lidScales`. */
  readonly unitScales: Float32Array;
  readonly points: SurfacePoints;
  /** `[size, size]` packed background. */
  readonly plate: Uint32Array;
  readonly headSheet: HeadSheet;
  readonly headTexture: Texture;
  readonly bodySheet: BodySheet;
  readonly bodyTexture: Texture;
  readonly eyes: readonly EyeLayer[];
  readonly lidStrips: LidStrips;
  readonly mouth: MouthLayer;
  /** `[size, size]` 1 where the portrait shows hair instead of the head's surface; the warp does not look at it. */
  readonly hairOnFace: Uint8Array;
}

/** What a frame writes, beside the scratch of eyes and mouth. */
export interface RigScratch {
  /** `[V, 3]` of the rig's head, this frame's pose. */
  readonly posed: Float32Array;
  /** `[expressionCount]` this frame's units. */
  readonly psi: Float32Array;
  readonly motion: RigidMotion;
  /** `[478, 3]` this frame's landmarks: x and y in pixels, Z in metres. */
  readonly landmarks: Float32Array;
  readonly target: RasterTarget;
  readonly edges: EdgeScratch;
  /** The same pixels as `target.color`. */
  readonly image: RgbaImage;
}

export function createRigScratch(head: ShapedHead, coefficients: HeadCoefficients, size: number): RigScratch {
  const data = new Uint8Array(size * size * 4);
  return {
    posed: new Float32Array(head.vertices.length),
    psi: new Float32Array(head.model.expressionCount),
    motion: new RigidMotion(head.joints, coefficients),
    landmarks: new Float32Array(478 * 3),
    target: {
      width: size,
      height: size,
      color: new Uint32Array(data.buffer),
      nearness: new Float32Array(size * size),
    },
    edges: createEdgeScratch(size),
    image: { width: size, height: size, data },
  };
}

/** The sheet goes on beyond the picture by this part of its size: a head that is cut by the edge may come in. */
const BEYOND = 0.2;
const FINE_CELL = 1 / 150;
/** Smaller cells cost time and show nothing: at 256² the same picture within 45 to 51 dB with half of the triangles. */
const FINEST_CELL_PX = 3.4;
const COARSE_CELL = 1 / 48;

export function buildWarpRig({ model, embedding, reference }: WarpRigSource): WarpRig {
  const { calibration, coefficients, image } = reference;
  const { camera, interocularM } = calibration;
  const size = image.width;
  const portrait = straightRgb(image);
  const tracked = refineLidLines(
    portrait,
    size,
    reference.landmarks.landmarks,
    trackedIodPx(reference.landmarks.landmarks),
  );
  const plain = shapeHead(model, calibration.beta);
  const onPicture = seatHead({
    shaped: plain,
    embedding,
    coefficients,
    camera,
    landmarks: tracked,
    interocularM,
  });
  const upright = new SeatedHead(onPicture, camera, coefficients);
  const allPoints = surfacePoints(embedding, model.triangles);
  const own = projectPoints(camera, upright.portrait, allPoints, new Float32Array(478 * 3));
  const iodPx = (interocularM * camera.focalPx) / -own[168 * 3 + 2];

  const region = faceRegion(model, camera, upright.portrait, pick(own, FACE_OUTLINE), size, size);
  const person = personMatte(portrait, size, size, {
    covered: maskOf(region.surface.triangle, (t) => t >= 0),
    face: certainHead(upright, region, own[1 * 3 + 1], iodPx, size),
    chinY: own[152 * 3 + 1],
    faceX: own[168 * 3],
    faceY: own[168 * 3 + 1],
    iodPx,
  });

  const jaw = pick(own, JAW);
  const neck = mapNeck(upright, size);
  const neckMask = maskOf(neck.nearness, (z) => z > Number.NEGATIVE_INFINITY);
  const hair = hairLikeness({
    portrait,
    person,
    face: region.outline,
    neck: neckMask,
    noseY: own[1 * 3 + 1],
    chinY: own[152 * 3 + 1],
    size,
    iodPx,
  });
  const cut = neckCut({ jaw, hair, person, size, iodPx });
  const skull = skullMask(upright, region.surface.triangle, cut);

  const grid = buildGrid(-BEYOND * size, (1 + BEYOND) * size, focusOf(own, iodPx), {
    finePx: Math.max(size * FINE_CELL, FINEST_CELL_PX),
    coarsePx: size * COARSE_CELL,
  });
  const relief = reliefOf({ seated: upright, region, grid, skull, cut, landmarks: own, size, iodPx });
  const shaped = relaxRim(upright, coefficients, grid, relief);
  const seated = new SeatedHead(shaped, camera, coefficients);

  const eyes = buildEyes({ portrait, size, iodPx, landmarks: own, tracked });
  const plainPoints = projectPoints(
    camera,
    poseHead(plain, coefficients),
    allPoints,
    new Float32Array(own.length),
  );
  const palette = mouthPalette(portrait, size, own, eyes);
  const interior = buildInterior(
    model,
    new SeatedHead(plain, camera, coefficients),
    interiorFit(camera, own, plainPoints, headRotation(coefficients)),
    palette,
    (row) => plainTeeth(camera, plainPoints, headRotation(coefficients), row),
  );
  const mouth = buildMouth({ portrait, size, iodPx, landmarks: own, interior, cavity: palette.cavity });
  const bare = coverMouth(coverEyes(portrait, size, eyes, iodPx), size, mouth);

  const background = findBackground(bare, person, size, iodPx);
  const layerInput = (follow: Float32Array): LayerInput => ({
    portrait: bare,
    person,
    cut,
    jaw,
    follow: sampleGrid(grid, follow, size),
    background,
    size,
    iodPx,
  });
  const { sheet: headSheet } = buildHeadSheet({
    camera,
    seated,
    region,
    grid,
    size,
    iodPx,
    skull,
    relief,
    opacityAt: (follow) => headReach(layerInput(follow)),
    landmarks: own,
  });
  const layers = splitLayers(layerInput(headSheet.follow));
  const bodySheet = buildBodySheet(camera, neck, layers.bodyOpacity, skull, region.surface, size, iodPx);

  const compact = compactHead(shaped, [
    ...headSheet.faceVertices,
    ...headSheet.ridingCorners,
    ...headSheet.anchors,
    ...allPoints.corners,
  ]);
  for (const list of [headSheet.faceVertices, headSheet.ridingCorners, headSheet.anchors, allPoints.corners])
    for (let i = 0; i < list.length; i++) list[i] = compact.positionOf[list[i]];

  return {
    ...createRigScratch(compact.shaped, coefficients, size),
    size,
    camera,
    reference,
    head: compact.shaped,
    headVertexIds: compact.vertexIds,
    unitScales: lidScales(model, own, plainPoints),
    points: allPoints,
    plate: opaquePlate(layers.plate, size),
    headSheet,
    headTexture: refineTexture(makeTexture(size, size, layers.headColor, layers.headOpacity)),
    bodySheet,
    bodyTexture: makeTexture(size, size, layers.bodyColor, layers.bodyOpacity),
    eyes,
    lidStrips: buildLidStrips(portrait, size, eyes, iodPx),
    mouth,
    hairOnFace: hairOnFace({ portrait, person, face: region.outline, landmarks: own, size, iodPx }),
  };
}

/** `[n, 2]` pixels of chosen landmarks. */
function pick(landmarks: Float32Array, chosen: readonly number[]): Float32Array {
  return Float32Array.from(chosen.flatMap((i) => [landmarks[i * 3], landmarks[i * 3 + 1]]));
}

/** Distance between the middles of the eyes' corners. */
function trackedIodPx(landmarks: Float32Array): number {
  const middle = (a: number, b: number, axis: number): number =>
    (landmarks[a * 3 + axis] + landmarks[b * 3 + axis]) / 2;
  return Math.hypot(middle(33, 133, 0) - middle(263, 362, 0), middle(33, 133, 1) - middle(263, 362, 1));
}

function focusOf(
  landmarks: Float32Array,
  iodPx: number,
): { left: number; right: number; top: number; bottom: number } {
  const outline = FACE_OUTLINE.map((i) => [landmarks[i * 3], landmarks[i * 3 + 1]]);
  const margin = 0.25 * iodPx;
  return {
    left: Math.min(...outline.map(([x]) => x)) - margin,
    right: Math.max(...outline.map(([x]) => x)) + margin,
    top: Math.min(...outline.map(([, y]) => y)) - margin,
    bottom: Math.max(...outline.map(([, y]) => y)) + margin,
  };
}

function straightRgb({ data }: RgbaImage): Float32Array {
  const rgb = new Float32Array((data.length / 4) * 3);
  for (let p = 0, i = 0; i < rgb.length; p += 4, i += 3) {
    rgb[i] = data[p];
    rgb[i + 1] = data[p + 1];
    rgb[i + 2] = data[p + 2];
  }
  return rgb;
}

function opaquePlate(rgb: Float32Array, size: number): Uint32Array {
  const { color } = makeTexture(size, size, rgb, null);
  const plate = new Uint32Array(size * size);
  for (let row = 0; row < size; row++)
    plate.set(color.subarray(row * (size + 1), row * (size + 1) + size), row * size);
  return plate;
}
