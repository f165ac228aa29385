import { type DepthView, lightReaching } from './depth-view.ts';
import type { RenderScene } from './scene.ts';

/** Hair as light sees it: a cloud of strands. */
export interface Strands {
  /** `[n, 3]` camera frame. */
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  /** `[n, 3]` unit direction along the strands; null for none. */
  readonly strands: Float32Array | null;
  /** `[n]` open share of the sky; null where all is open. */
  readonly openness: Float32Array | null;
}

/**
 * `[n, 6]` light on each hair vertex: diffuse factor and highlight, after Kajiya and Kay ("Rendering Fur with Three
 * Dimensional Textures", SIGGRAPH 1989) with Marschner's two shifted highlights, one white and one of the hair's colour.
 */
export function lightHair(scene: RenderScene, card: Strands, shadows: DepthView): Float32Array {
  const { positions, normals, strands, openness } = card;
  const { lights } = scene;
  const { hair } = scene.subject.look;
  const count = positions.length / 3;
  const out = new Float32Array(count * 6);
  for (let v = 0, p = 0, o = 0; v < count; v++, p += 3, o += 6) {
    const open = openness === null ? 1 : openness[v];
    const x = positions[p];
    const y = positions[p + 1];
    const z = positions[p + 2];
    const reach = lightReaching(
      shadows,
      x + normals[p] * 0.004,
      y + normals[p + 1] * 0.004,
      z + normals[p + 2] * 0.004,
      0.004,
      3,
    );
    const away = 1 / Math.sqrt(x * x + y * y + z * z);
    const up = 0.5 + 0.5 * normals[p + 1];
    const ambient = 0.25 + 0.75 * open;
    for (let k = 0; k < 3; k++)
      out[o + k] = 0.8 * ambient * (lights.ground[k] + (lights.sky[k] - lights.ground[k]) * up);
    for (let i = 0; i < 3; i++) {
      const light = i === 0 ? lights.key : i === 1 ? lights.fill : lights.rim;
      const arrives = i === 0 ? 0.25 + 0.75 * reach : 0.35 + 0.65 * open;
      const [lx, ly, lz] = light.direction;
      const cosine = normals[p] * lx + normals[p + 1] * ly + normals[p + 2] * lz;
      const wrap = Math.max(0, (cosine + 0.45) / 1.45);
      let sx = strands === null ? 0 : strands[p];
      let sy = strands === null ? 1 : strands[p + 1];
      let sz = strands === null ? 0 : strands[p + 2];
      const along = sx * lx + sy * ly + sz * lz;
      const across = Math.sqrt(Math.max(0, 1 - along * along));
      const diffuse = arrives * wrap * (0.35 + 0.65 * across);
      let hx = lx - x * away;
      let hy = ly - y * away;
      let hz = lz - z * away;
      const length = Math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9;
      hx /= length;
      hy /= length;
      hz /= length;
      // The two highlights sit up and down the strand.
      const shift = 0.09;
      sx += normals[p] * shift;
      sy += normals[p + 1] * shift;
      sz += normals[p + 2] * shift;
      const t1 = sx * hx + sy * hy + sz * hz;
      const t2 = t1 - 2.6 * shift * (normals[p] * hx + normals[p + 1] * hy + normals[p + 2] * hz);
      const white = Math.max(0, 1 - t1 * t1) ** 36;
      const tinted = Math.max(0, 1 - t2 * t2) ** 10;
      const shine = hair.gloss * arrives * Math.min(1, wrap * 1.6);
      for (let k = 0; k < 3; k++) {
        out[o + k] += light.colour[k] * diffuse;
        out[o + 3 + k] += light.colour[k] * shine * (0.1 * white + 0.75 * tinted * hair.colour[k]);
      }
    }
  }
  return out;
}
