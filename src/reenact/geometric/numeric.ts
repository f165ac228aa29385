/** Cubic step from 0 at `from` to 1 at `to`; the other way round where `from` is greater. */
export function smoothstep(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** Index of the pixel that holds position (x, y) of a square picture; clamped to it. */
export function pixelAt(x: number, y: number, size: number): number {
  const column = Math.min(size - 1, Math.max(0, Math.floor(x)));
  const row = Math.min(size - 1, Math.max(0, Math.floor(y)));
  return row * size + column;
}

/** m⁻¹ · v for a row-major 3×3 matrix, by Cramer's rule. */
export function solve3(m: ArrayLike<number>, v: ArrayLike<number>): [number, number, number] {
  const c00 = m[4] * m[8] - m[5] * m[7];
  const c01 = m[5] * m[6] - m[3] * m[8];
  const c02 = m[3] * m[7] - m[4] * m[6];
  const determinant = m[0] * c00 + m[1] * c01 + m[2] * c02;
  return [
    (c00 * v[0] + (m[2] * m[7] - m[1] * m[8]) * v[1] + (m[1] * m[5] - m[2] * m[4]) * v[2]) / determinant,
    (c01 * v[0] + (m[0] * m[8] - m[2] * m[6]) * v[1] + (m[2] * m[3] - m[0] * m[5]) * v[2]) / determinant,
    (c02 * v[0] + (m[1] * m[6] - m[0] * m[7]) * v[1] + (m[0] * m[4] - m[1] * m[3]) * v[2]) / determinant,
  ];
}

/** 1 where `test` holds. A loop: `Uint8Array.from` with a function walks an iterator, which takes ten times as long. */
export function maskOf(
  field: ArrayLike<number>,
  test: (value: number, at: number) => boolean,
): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(field.length);
  for (let at = 0; at < field.length; at++) if (test(field[at], at)) mask[at] = 1;
  return mask;
}
