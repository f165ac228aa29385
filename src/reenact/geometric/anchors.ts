/** Beyond this distance from the face nothing shares its expression, interocular distances. */
const REACH = 0.55;

/**
 * The `count` anchors nearest to (x, y) with inverse-distance weights (Shepard), scaled by how close they are: a
 * point beside the face shares nearly all of its movement, one at the end of the reach none.
 *
 * @param anchors `[n, 2]` pixels
 */
export function nearestAnchors(
  anchors: Float32Array,
  x: number,
  y: number,
  iodPx: number,
  count: number,
  indices: Uint16Array,
  weights: Float32Array,
  at: number,
): void {
  const found: { index: number; squared: number }[] = [];
  for (let index = 0; index * 2 < anchors.length; index++)
    found.push({ index, squared: (anchors[index * 2] - x) ** 2 + (anchors[index * 2 + 1] - y) ** 2 });
  found.sort((a, b) => a.squared - b.squared);
  const chosen = found.slice(0, count);
  if (chosen.length === 0) return;
  const t = Math.min(1, Math.sqrt(chosen[0].squared) / (REACH * iodPx));
  const share = 1 - t * t * (3 - 2 * t);
  // The farthest one's weight is 0, so that it may change without a jump.
  const last = chosen[chosen.length - 1].squared;
  const soft = (0.02 * iodPx) ** 2;
  const raw = chosen.map(({ squared }) => Math.max(1e-9, 1 - squared / (last + soft)) / (squared + soft));
  const sum = raw.reduce((total, weight) => total + weight, 0);
  chosen.forEach(({ index }, k) => {
    indices[at + k] = index;
    weights[at + k] = (share * raw[k]) / sum;
  });
}
