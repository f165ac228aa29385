import { encodeHeadFile } from './encode-head-file.ts';
import { parseHeadFile } from './head-file.ts';
import { JOINT_COUNT, POSE_FEATURE_COUNT } from './head-file-header.ts';
import type { ExpressionUnit, HeadModel, HeadPart } from './head-model.ts';

export interface SyntheticHeadOptions {
  /** Rings from crown to neck, and segments around, of the skin. Default 24 and 32. */
  rings?: number;
  segments?: number;
  /** Adds small pseudo-random pose correctives. Default false. */
  poseCorrectives?: boolean;
}

const HEAD_RADII = [0.075, 0.115, 0.095];
const EYE_RADIUS = 0.012;
const EYE_CENTRES = [
  [0.0315, 0.02, 0.075],
  [-0.0315, 0.02, 0.075],
];

/** Gaussian displacements of the skin: centre and width in metres, offset at full strength. */
const UNITS: { unit: ExpressionUnit; centre: number[]; width: number; offset: number[] }[] = [
  {
    unit: unit('smile-left', 'mouth', 'left'),
    centre: [0.025, -0.045, 0.085],
    width: 0.014,
    offset: [0.006, 0.006, -0.003],
  },
  {
    unit: unit('smile-right', 'mouth', 'right'),
    centre: [-0.025, -0.045, 0.085],
    width: 0.014,
    offset: [-0.006, 0.006, -0.003],
  },
  { unit: unit('pucker', 'mouth', 'centre'), centre: [0, -0.045, 0.09], width: 0.016, offset: [0, 0, 0.008] },
  {
    unit: unit('brow-up-left', 'brows', 'left'),
    centre: [0.03, 0.045, 0.085],
    width: 0.015,
    offset: [0, 0.008, 0],
  },
  {
    unit: unit('brow-up-right', 'brows', 'right'),
    centre: [-0.03, 0.045, 0.085],
    width: 0.015,
    offset: [0, 0.008, 0],
  },
  {
    unit: unit('blink-left', 'eyes', 'left'),
    centre: [0.0315, 0.03, 0.085],
    width: 0.009,
    offset: [0, -0.01, 0.002],
  },
  {
    unit: unit('blink-right', 'eyes', 'right'),
    centre: [-0.0315, 0.03, 0.085],
    width: 0.009,
    offset: [0, -0.01, 0.002],
  },
  {
    unit: unit('cheek-puff', 'cheeks', 'centre'),
    centre: [0.05, -0.03, 0.06],
    width: 0.02,
    offset: [0.006, 0, 0.002],
  },
];

function unit(name: string, region: ExpressionUnit['region'], side: ExpressionUnit['side']): ExpressionUnit {
  return { name, region, side, min: 0, max: 1.15, sd: 0.35 };
}

/**
 * A test fixture: an egg with two eyeballs in FLAME's frame and size, five joints, four identity components and
 * eight expression units, made through the file format. It has everything a head has except looks, so that maths can
 * be tested without the open head's file.
 */
export function createSyntheticHead(options: SyntheticHeadOptions = {}): HeadModel {
  const { rings = 24, segments = 32, poseCorrectives = false } = options;
  const mesh = new Mesh();
  mesh.addEllipsoid([0, 0, 0], HEAD_RADII, rings, segments, 0);
  mesh.addEllipsoid(EYE_CENTRES[0], [EYE_RADIUS, EYE_RADIUS, EYE_RADIUS], 8, 12, 1);
  mesh.addEllipsoid(EYE_CENTRES[1], [EYE_RADIUS, EYE_RADIUS, EYE_RADIUS], 8, 12, 2);
  const parts: HeadPart[] = ['skin', 'eyeLeft', 'eyeRight'];
  return parseHeadFile(
    encodeHeadFile(
      {
        name: 'synthetic-head',
        version: '1.0.0',
        licence: 'CC0-1.0',
        source: 'Made by synthetic-head.ts for tests.',
        parts,
        template: Float32Array.from(mesh.points),
        triangles: Uint32Array.from(mesh.triangles),
        triangleParts: Uint8Array.from(mesh.triangleParts),
        cornerUv: Float32Array.from(mesh.cornerUv),
        shapeBasis: shapeBasis(mesh),
        expression: expressionBasis(mesh),
        expressionUnits: UNITS.map(({ unit }) => unit),
        jointRegressor: jointRegressor(mesh),
        skinWeights: skinWeights(mesh),
        poseBasis: poseCorrectives ? wobble(POSE_FEATURE_COUNT * mesh.points.length, 0.001) : null,
      },
      { halfFloats: false },
    ),
  );
}

class Mesh {
  readonly points: number[] = [];
  readonly vertexParts: number[] = [];
  readonly triangles: number[] = [];
  readonly triangleParts: number[] = [];
  readonly cornerUv: number[] = [];

  get vertexCount(): number {
    return this.vertexParts.length;
  }

  addEllipsoid(centre: number[], radii: number[], rings: number, segments: number, part: number): void {
    const first = this.vertexCount;
    const bottom = first + 1 + (rings - 1) * segments;
    const at = (ring: number, segment: number) =>
      ring === 0 ? first : ring === rings ? bottom : first + 1 + (ring - 1) * segments + (segment % segments);
    const add = (ring: number, segment: number) => {
      const polar = (Math.PI * ring) / rings;
      const azimuth = (2 * Math.PI * segment) / segments;
      const unit = [
        Math.sin(polar) * Math.sin(azimuth),
        Math.cos(polar),
        Math.sin(polar) * Math.cos(azimuth),
      ];
      this.points.push(...unit.map((value, axis) => centre[axis] + radii[axis] * value));
      this.vertexParts.push(part);
    };
    add(0, 0);
    for (let ring = 1; ring < rings; ring++) for (let s = 0; s < segments; s++) add(ring, s);
    add(rings, 0);
    const triangle = (...corners: [number, number][]) => {
      this.triangleParts.push(part);
      for (const [ring, segment] of corners) {
        this.triangles.push(at(ring, segment));
        this.cornerUv.push(segment / segments, 1 - ring / rings);
      }
    };
    for (let ring = 0; ring < rings; ring++)
      for (let s = 0; s < segments; s++) {
        if (ring < rings - 1) triangle([ring, s], [ring + 1, s], [ring + 1, s + 1]);
        if (ring > 0) triangle([ring, s], [ring + 1, s + 1], [ring, s + 1]);
      }
  }
}

/** Wider, taller, deeper, and a pseudo-random wobble, a few millimetres each. */
function shapeBasis(mesh: Mesh): Float32Array {
  const size = mesh.points.length;
  const basis = new Float32Array(4 * size);
  for (let axis = 0; axis < 3; axis++)
    for (let v = 0; v < mesh.vertexCount; v++)
      basis[axis * size + v * 3 + axis] = 0.05 * mesh.points[v * 3 + axis];
  basis.set(wobble(size, 0.001), 3 * size);
  return basis;
}

function expressionBasis(mesh: Mesh) {
  const offsets = [0];
  const indices: number[] = [];
  const deltas: number[] = [];
  for (const { centre, width, offset } of UNITS) {
    for (let v = 0; v < mesh.vertexCount; v++) {
      if (mesh.vertexParts[v] !== 0) continue;
      const distance = Math.hypot(...centre.map((value, axis) => mesh.points[v * 3 + axis] - value));
      const strength = Math.exp(-((distance / width) ** 2));
      if (strength < 0.02) continue;
      indices.push(v);
      deltas.push(...offset.map((value) => value * strength));
    }
    offsets.push(indices.length);
  }
  return {
    offsets: Uint32Array.from(offsets),
    indices: Uint32Array.from(indices),
    deltas: Float32Array.from(deltas),
  };
}

/** Joints from the vertices nearest to where they belong; the eyes' from all of the eyeball's vertices. */
function jointRegressor(mesh: Mesh) {
  const offsets = [0];
  const indices: number[] = [];
  const weights: number[] = [];
  const targets = [
    { part: 0, near: [0, -0.115, 0], reach: 0.04 },
    { part: 0, near: [0, -0.08, -0.05], reach: 0.05 },
    { part: 0, near: [0, -0.02, 0.02], reach: 0.1 },
    { part: 1, near: EYE_CENTRES[0], reach: 1 },
    { part: 2, near: EYE_CENTRES[1], reach: 1 },
  ];
  for (const { part, near, reach } of targets) {
    const members = mesh.vertexParts.flatMap((p, v) =>
      p === part && Math.hypot(...near.map((n, axis) => mesh.points[v * 3 + axis] - n)) < reach ? [v] : [],
    );
    for (const v of members) {
      indices.push(v);
      weights.push(1 / members.length);
    }
    offsets.push(indices.length);
  }
  return {
    offsets: Uint32Array.from(offsets),
    indices: Uint32Array.from(indices),
    weights: Float32Array.from(weights),
  };
}

/** Global below the neck's height fades into neck; the front of the lower half follows the jaw. */
function skinWeights(mesh: Mesh): Float32Array {
  const weights = new Float32Array(mesh.vertexCount * JOINT_COUNT);
  for (let v = 0; v < mesh.vertexCount; v++) {
    const row = weights.subarray(v * JOINT_COUNT, (v + 1) * JOINT_COUNT);
    if (mesh.vertexParts[v] > 0) {
      row[2 + mesh.vertexParts[v]] = 1;
      continue;
    }
    const [, y, z] = mesh.points.slice(v * 3, v * 3 + 3);
    const below = smoothstep(-0.08, -0.11, y);
    const jaw = (1 - below) * smoothstep(-0.03, -0.06, y) * smoothstep(0, 0.04, z);
    row[0] = below;
    row[2] = jaw;
    row[1] = 1 - below - jaw;
  }
  return weights;
}

/** 0 at `from`, 1 at `to`. */
function smoothstep(from: number, to: number, value: number): number {
  const t = Math.max(0, Math.min(1, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** Deterministic values in ±amplitude. */
function wobble(length: number, amplitude: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => amplitude * Math.sin(i * 12.9898 + Math.sin(i * 78.233)));
}
