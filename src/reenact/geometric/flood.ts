/**
 * Pixels of a square picture that are open and joined to a seed by open pixels (4 neighbours).
 *
 * @param open and seeds: `[size, size]`, non-zero is yes
 * @returns `[size, size]` 1 where reached
 */
export function flood(open: ArrayLike<number>, seeds: ArrayLike<number>, size: number): Uint8Array {
  const count = size * size;
  const reached = new Uint8Array(count);
  const queue = new Int32Array(count);
  let end = 0;
  for (let p = 0; p < count; p++)
    if (seeds[p] !== 0 && open[p] !== 0) {
      reached[p] = 1;
      queue[end++] = p;
    }
  for (let i = 0; i < end; i++) {
    const p = queue[i];
    const x = p % size;
    for (let side = 0; side < 4; side++) {
      if ((side === 0 && x === 0) || (side === 1 && x === size - 1)) continue;
      const q = side === 0 ? p - 1 : side === 1 ? p + 1 : side === 2 ? p - size : p + size;
      if (q < 0 || q >= count || reached[q] === 1 || open[q] === 0) continue;
      reached[q] = 1;
      queue[end++] = q;
    }
  }
  return reached;
}
