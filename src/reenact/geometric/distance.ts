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
