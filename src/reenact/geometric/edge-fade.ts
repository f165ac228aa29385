/** Movement dies out over this part of the picture before an edge that cuts the person. */
const FADE = 0.14;
const CUT_OPACITY = 0.05;
const STEP_PX = 2;

/**
 * Places on the picture's edge where the person goes on outside it: `[n, 2]` pixels. Only there must nothing move;
 * elsewhere the edge belongs to the background.
 *
 * @param opacity `[size, size]`
 */
export function personAtEdge(opacity: Float32Array, size: number): Float32Array {
  const places: number[] = [];
  const last = size - 1;
  for (let i = 0; i < size; i += STEP_PX) {
    if (opacity[i] > CUT_OPACITY) places.push(i, 0);
    if (opacity[last * size + i] > CUT_OPACITY) places.push(i, size);
    if (opacity[i * size] > CUT_OPACITY) places.push(0, i);
    if (opacity[i * size + last] > CUT_OPACITY) places.push(size, i);
  }
  return Float32Array.from(places);
}

/** 0 at the places of `personAtEdge`, 1 away from them. */
export function edgeFade(places: Float32Array, x: number, y: number, size: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < places.length; i += 2)
    least = Math.min(least, (places[i] - x) ** 2 + (places[i + 1] - y) ** 2);
  const t = Math.min(1, Math.sqrt(least) / (FADE * size));
  return t * t * (3 - 2 * t);
}
