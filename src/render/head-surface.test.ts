import { describe, expect, it } from 'vitest';
import type { HeadModel } from '../reenact/head/head-model.ts';
import { cylinderUv } from './cylinder-uv.ts';
import { createHeadSurface, refineField, refinePositions } from './head-surface.ts';

/** A unit sphere as the skin of a head model. */
function sphere(rows: number, columns: number): HeadModel {
  const positions: number[] = [];
  for (let i = 0; i <= rows; i++) {
    for (let j = 0; j < columns; j++) {
      const polar = (Math.PI * (i + 0.5)) / (rows + 1);
      const around = (2 * Math.PI * j) / columns;
      positions.push(
        Math.sin(polar) * Math.cos(around),
        Math.cos(polar),
        -Math.sin(polar) * Math.sin(around),
      );
    }
  }
  const triangles: number[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const [a, b] = [i * columns + j, i * columns + ((j + 1) % columns)];
      triangles.push(a, a + columns, b, b, a + columns, b + columns);
    }
  }
  return {
    template: Float32Array.from(positions),
    vertexCount: positions.length / 3,
    triangles: Uint32Array.from(triangles),
    triangleCount: triangles.length / 3,
    triangleParts: new Uint8Array(triangles.length / 3),
    parts: ['skin'],
    cornerUv: null,
  } as unknown as HeadModel;
}

describe('cylinderUv', () => {
  it('keeps every triangle on one side of its seam', () => {
    const uv = cylinderUv(sphere(12, 24));
    for (let corner = 0; corner < uv.length; corner += 6) {
      const us = [uv[corner], uv[corner + 2], uv[corner + 4]];
      expect(Math.max(...us) - Math.min(...us)).toBeLessThan(0.1);
      expect(Math.min(...us)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...us)).toBeLessThanOrEqual(1);
    }
  });
});

describe('head surface', () => {
  const model = sphere(12, 24);
  const uv = cylinderUv(model);

  it('leaves the model alone when it is not refined', () => {
    const surface = createHeadSurface(model, uv, false);
    expect(surface.triangles).toEqual(model.triangles);
    expect(refinePositions(surface, model.template)).toBe(model.template);
  });

  it('quadruples skin triangles and keeps the model’s vertices in place', () => {
    const surface = createHeadSurface(model, uv, true);
    expect(surface.triangles.length).toBe(4 * model.triangles.length);
    const refined = refinePositions(surface, model.template);
    expect(refined.subarray(0, model.template.length)).toEqual(model.template);
    expect(surface.sourceTriangle[7]).toBe(1);
  });

  it('puts added vertices of a sphere on the sphere, not on its chords', () => {
    const surface = createHeadSurface(model, uv, true);
    const refined = refinePositions(surface, model.template);
    let worst = 0;
    let chord = 0;
    for (let v = model.vertexCount; v < surface.vertexCount; v++) {
      const [a, b] = surface.edges.subarray((v - model.vertexCount) * 2);
      // Rings at the two open ends have lopsided normals.
      if (Math.abs(model.template[a * 3 + 1]) > 0.8 || Math.abs(model.template[b * 3 + 1]) > 0.8) continue;
      worst = Math.max(worst, Math.abs(1 - Math.hypot(...refined.subarray(v * 3, v * 3 + 3))));
      const middle = [0, 1, 2].map((k) => (model.template[a * 3 + k] + model.template[b * 3 + k]) / 2);
      chord = Math.max(chord, 1 - Math.hypot(...middle));
    }
    expect(chord).toBeGreaterThan(0.01);
    expect(worst).toBeLessThan(chord / 8);
  });

  it('gives added vertices the mean of a field', () => {
    const surface = createHeadSurface(model, uv, true);
    const field = Float32Array.from({ length: model.vertexCount }, (_, v) => v);
    const refined = refineField(surface, field, 1);
    expect(refined[model.vertexCount]).toBe((surface.edges[0] + surface.edges[1]) / 2);
  });
});
