import { describe, expect, test } from 'vitest';
import { project } from '../head/camera.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { poseHead } from '../head/pose-head.ts';
import { shapeHead } from '../head/shape-head.ts';
import { createSyntheticHead } from '../head/synthetic-head.ts';
import { vertexNormals } from '../head/vertex-normals.ts';
import { DriverMapper } from '../raster/driver-map.ts';
import { castRay } from '../raster/plain-raster.ts';
import { surfaceTriangles } from '../raster/surface-sampler.ts';
import { portraitVisibility } from './visibility.ts';

const model = createSyntheticHead({ rings: 16, segments: 20 });
const shaped = shapeHead(model, [1, -1, 0.5, 1]);
const camera = { focalPx: 1100, centreX: 256, centreY: 250 };

function turned(yaw: number): HeadCoefficients {
  const theta = new Float32Array(15);
  theta[1] = yaw;
  return { psi: new Float32Array(model.expressionCount), theta, translation: Float32Array.of(0, 0, -0.6) };
}

describe('visibility of a portrait', () => {
  test('is the cosine to the camera where a ray to the vertex meets nothing before it', () => {
    const coefficients = turned(0.4);
    const visibility = portraitVisibility(shaped, coefficients, camera, 512);
    const posed = poseHead(shaped, coefficients);
    const triangles = surfaceTriangles(model);
    const normals = vertexNormals(posed, triangles);
    const used = new Set(triangles);
    let seen = 0;
    let differing = 0;
    for (const v of used) {
      const point = posed.subarray(v * 3, v * 3 + 3);
      const distance = Math.hypot(...point);
      const cosine = -[0, 1, 2].reduce((sum, k) => sum + normals[v * 3 + k] * point[k], 0) / distance;
      const [x, y] = project(camera, point);
      // The ray of `castRay` goes through the middle of a pixel.
      const shifted = { ...camera, centreX: camera.centreX - x + 0.5, centreY: camera.centreY - y + 0.5 };
      const hit = castRay(posed, triangles, shifted, 0, 0);
      const hidden = hit !== null && hit.depthM < -point[2] - 0.004;
      const expected = cosine > 0 && !hidden ? cosine : 0;
      if (expected > 0) seen++;
      if (Math.abs(visibility[v] - expected) > 1e-4) differing++;
    }
    expect(seen).toBeGreaterThan(used.size / 4);
    // Vertices next to a silhouette in front of them.
    expect(differing).toBeLessThan(0.03 * used.size);
  });

  test('drawn in another pose tells what the portrait does not show', () => {
    const visibility = portraitVisibility(shaped, turned(0), camera, 512);
    const mapper = new DriverMapper(shaped, camera, 512);
    const plane = new Float32Array(64 * 64).fill(9);
    const map = mapper.render(turned(0.9), undefined, { planes: [{ field: visibility, out: plane }] });
    let hidden = 0;
    let shown = 0;
    for (let pixel = 0; pixel < plane.length; pixel++) {
      const covered = map[4 * 64 * 64 + pixel] !== 0;
      if (!covered) expect(plane[pixel]).toBe(0);
      else if (plane[pixel] < 0.05) hidden++;
      else if (plane[pixel] > 0.7) shown++;
    }
    expect(hidden).toBeGreaterThan(40);
    expect(shown).toBeGreaterThan(100);
  });

  test('beside a map leaves the map as it is', () => {
    const mapper = new DriverMapper(shaped, camera, 512);
    const field = new Float32Array(model.vertexCount).fill(1);
    const plane = new Float32Array(64 * 64);
    const alone = mapper.render(turned(0.2));
    const beside = mapper.render(turned(0.2), undefined, { planes: [{ field, out: plane }] });
    expect(Buffer.compare(Buffer.from(beside.buffer), Buffer.from(alone.buffer))).toBe(0);
    const wrong = plane.findIndex(
      (value, pixel) => Math.abs(value - (alone[4 * 64 * 64 + pixel] === 0 ? 0 : 1)) > 1e-6,
    );
    expect(wrong).toBe(-1);
  });
});
