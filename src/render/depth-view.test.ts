import { describe, expect, it } from 'vitest';
import { vertexNormals } from '../reenact/head/vertex-normals.ts';
import { createDepthView, depthViewOf, lightReaching } from './depth-view.ts';
import { bakeOcclusion } from './occlusion.ts';

/** Square of side `side` at height `y`, facing up. */
function plate(side: number, y: number): { positions: Float32Array; triangles: Uint32Array } {
  const h = side / 2;
  return {
    positions: Float32Array.of(-h, y, -h, h, y, -h, h, y, h, -h, y, h),
    triangles: Uint32Array.of(0, 2, 1, 0, 3, 2),
  };
}

describe('lightReaching', () => {
  const view = depthViewOf([plate(4, 0), plate(1, 1)], [0, 1, 0], createDepthView(256));

  it('is dark under the plate, light beside it, between on its edge', () => {
    expect(lightReaching(view, 0, 0, 0, 0.01, 1)).toBe(0);
    expect(lightReaching(view, 1.2, 0, 0, 0.01, 1)).toBe(1);
    const edge = lightReaching(view, 0.5, 0, 0, 0.01, 2);
    expect(edge).toBeGreaterThan(0.2);
    expect(edge).toBeLessThan(0.8);
  });

  it('falls without a step over the edge', () => {
    let before = 1;
    for (let x = 0.6; x > 0.4; x -= 0.002) {
      const lit = lightReaching(view, x, 0, 0, 0.01, 2);
      expect(before - lit).toBeLessThan(0.08);
      expect(lit).toBeLessThanOrEqual(before + 1e-9);
      before = lit;
    }
  });

  it('lights a surface that nothing covers, and everything outside the view', () => {
    expect(lightReaching(view, 0, 1, 0, 0.01, 1)).toBe(1);
    expect(lightReaching(view, 50, 0, 0, 0.01, 1)).toBe(1);
  });
});

describe('bakeOcclusion', () => {
  it('leaves a lone plate open and closes it under a lid', () => {
    const floor = plate(1, 0);
    const normals = vertexNormals(floor.positions, floor.triangles);
    expect(Math.min(...bakeOcclusion(floor, normals, [floor], 48).openness)).toBeGreaterThan(0.97);
    const lidded = bakeOcclusion(floor, normals, [floor, plate(6, 0.15)], 48).openness;
    expect(Math.max(...lidded)).toBeLessThan(0.2);
  });
});
