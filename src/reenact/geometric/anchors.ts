/** Beyond this distance from the face nothing shares its expression, interocular distances. */
const REACH = 0.55;
const MOST = 16;

const nearest = new Float64Array(MOST);
const raw = new Float64Array(MOST);

/**
 * The `count` anchors nearest to (x, y) with inverse-distance weights (Shepard), scaled by how close they are: a
 * point beside the face shares nearly all of its movement, one at the end of the reach none.
 *
 * @param anchors `[n, 2]` pixels
 * @param count at most {@link MOST}
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
  let found = 0;
  for (let index = 0; index * 2 < anchors.length; index++) {
    const squared = (anchors[index * 2] - x) ** 2 + (anchors[index * 2 + 1] - y) ** 2;
    if (found === count && squared >= nearest[found - 1]) continue;
    let k = found < count ? found++ : found - 1;
    while (k > 0 && nearest[k - 1] > squared) {
      nearest[k] = nearest[k - 1];
      indices[at + k] = indices[at + k - 1];
      k--;
    }
    nearest[k] = squared;
    indices[at + k] = index;
  }
  if (found === 0) return;
  const t = Math.min(1, Math.sqrt(nearest[0]) / (REACH * iodPx));
  const share = 1 - t * t * (3 - 2 * t);
  // The farthest one's weight is 0, so that it may change without a jump.
  const last = nearest[found - 1];
  const soft = (0.02 * iodPx) ** 2;
  let sum = 0;
  for (let k = 0; k < found; k++) {
    raw[k] = Math.max(1e-9, 1 - nearest[k] / (last + soft)) / (nearest[k] + soft);
    sum += raw[k];
  }
  for (let k = 0; k < found; k++) weights[at + k] = (share * raw[k]) / sum;
}
