import type { HeadModel } from '../reenact/head/head-model.ts';

/** `[F, 3, 2]` texture coordinates around the vertical axis, for heads that bring none; the seam runs down the back. */
export function cylinderUv(model: HeadModel): Float32Array {
  const { template, triangles } = model;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 1; i < template.length; i += 3) {
    low = Math.min(low, template[i]);
    high = Math.max(high, template[i]);
  }
  const uv = new Float32Array(triangles.length * 2);
  for (let corner = 0; corner < triangles.length; corner += 3) {
    const us = [0, 1, 2].map((k) => {
      const p = triangles[corner + k] * 3;
      return 0.5 + Math.atan2(template[p], template[p + 2]) / (2 * Math.PI);
    });
    // A triangle across the seam keeps to one side.
    const wraps = Math.max(...us) - Math.min(...us) > 0.5;
    for (let k = 0; k < 3; k++) {
      const u = wraps && us[k] < 0.5 ? us[k] + 1 : us[k];
      uv[(corner + k) * 2] = Math.min(1, u);
      uv[(corner + k) * 2 + 1] = (template[triangles[corner + k] * 3 + 1] - low) / (high - low);
    }
  }
  return uv;
}
