import { distanceTo } from './distance.ts';
import type { FaceRegion } from './face-region.ts';
import { maskOf } from './numeric.ts';
import { BODY_JOINT } from './rigid-motion.ts';
import type { SeatedHead } from './seated-head.ts';

/** Model triangles whose every corner follows the head at least this much are head, not neck. */
const HEAD_FOLLOWS = 0.985;
/** The model's skull is believed this far within its outline, interocular distances. */
const SKULL_RIM = 0.14;

/**
 * Where the picture shows the model's head (face, skull and ears, not the neck).
 *
 * @param triangle `[size, size]` of the surface
 * @param cut `[size, size]` where the body begins whatever the model says; null for nowhere
 */
export function skullMask(seated: SeatedHead, triangle: Int32Array, cut: Float32Array | null): Uint8Array {
  const { triangles, triangleCount, skinWeights } = seated.shaped.model;
  const isHead = new Uint8Array(triangleCount).fill(1);
  for (let corner = 0; corner < triangleCount * 3; corner++)
    if (1 - skinWeights[triangles[corner] * 5 + BODY_JOINT] < HEAD_FOLLOWS)
      isHead[Math.floor(corner / 3)] = 0;
  return maskOf(triangle, (t, p) => t >= 0 && isHead[t] === 1 && (cut === null || cut[p] <= 0.5));
}

/** Face, and above the nose the skull but for its rim: certainly person, whatever their colours. */
export function certainHead(
  seated: SeatedHead,
  region: FaceRegion,
  noseY: number,
  iodPx: number,
  size: number,
): Float32Array {
  const skull = skullMask(seated, region.surface.triangle, null).map((inside, p) =>
    p < noseY * size ? inside : 0,
  );
  const away = distanceTo(
    skull.map((inside) => 1 - inside),
    size,
    size,
  );
  return region.outline.map((inside, p) => (inside > 0.5 || away[p] > SKULL_RIM * iodPx ? 1 : 0));
}
