/**
 * Chamfer distance (1, √2) to the nearest cell with a value over a half, in cells (Borgefors, "Distance
 * transformations in digital images", CVGIP 1986).
 *
 * @param field `[rows, columns]`
 */
export function distanceTo(field: ArrayLike<number>, columns: number, rows: number): Float32Array {
  const distance = new Float32Array(columns * rows);
  for (let p = 0; p < distance.length; p++) distance[p] = field[p] > 0.5 ? 0 : FAR;
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const p = y * columns + x;
      let least = distance[p];
      if (x > 0) least = Math.min(least, distance[p - 1] + 1);
      if (y > 0) {
        least = Math.min(least, distance[p - columns] + 1);
        if (x > 0) least = Math.min(least, distance[p - columns - 1] + Math.SQRT2);
        if (x < columns - 1) least = Math.min(least, distance[p - columns + 1] + Math.SQRT2);
      }
      distance[p] = least;
    }
  for (let y = rows - 1; y >= 0; y--)
    for (let x = columns - 1; x >= 0; x--) {
      const p = y * columns + x;
      let least = distance[p];
      if (x < columns - 1) least = Math.min(least, distance[p + 1] + 1);
      if (y < rows - 1) {
        least = Math.min(least, distance[p + columns] + 1);
        if (x > 0) least = Math.min(least, distance[p + columns - 1] + Math.SQRT2);
        if (x < columns - 1) least = Math.min(least, distance[p + columns + 1] + Math.SQRT2);
      }
      distance[p] = least;
    }
  return distance;
}

const FAR = 1e6;

/** Morphological opening: what of `field` (over a half) is narrower than twice `radiusPx` becomes 0. */
export function withoutSlits(field: Float32Array, size: number, radiusPx: number): Float32Array {
  const inside = distanceTo(
    field.map((share) => (share < 0.5 ? 1 : 0)),
    size,
    size,
  );
  const away = distanceTo(
    inside.map((distance) => (distance > radiusPx ? 1 : 0)),
    size,
    size,
  );
  // A pixel more, so that soft edges stay soft.
  return field.map((share, p) => (away[p] <= radiusPx + 1.5 ? share : 0));
}
