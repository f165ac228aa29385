import type { TeethRow } from './plain-teeth.ts';

/** A piece of a row is gum where it spans more than this part of the row's width. */
const GUM_SPANS = 0.6;

/**
 * Splits a row of teeth into what hangs together, and tells the gum, which goes from one side to the other, from the
 * teeth. Teeth that stand farther back than `reachM` behind the foremost are left out: no light reaches them.
 *
 * @returns the row without those teeth, and `[n]` 1 for vertices of the gum
 */
export function splitTeethRow(
  { points, triangles }: TeethRow,
  reachM: number,
): TeethRow & { isGum: Uint8Array } {
  const piece = piecesOf(points.length / 3, triangles);
  const row = extentOf(points, () => true);
  const kept = new Map<number, boolean>();
  const gum = new Set<number>();
  for (const id of new Set(piece)) {
    const own = extentOf(points, (vertex) => piece[vertex] === id);
    const whole = own.right - own.left > GUM_SPANS * (row.right - row.left);
    if (whole) gum.add(id);
    kept.set(id, whole || own.front > row.front - reachM);
  }
  // A row in one piece is teeth alone.
  if (gum.size === kept.size) gum.clear();
  return {
    points,
    triangles: triangles.filter((vertex) => kept.get(piece[vertex])),
    isGum: Uint8Array.from(piece, (id) => (gum.has(id) ? 1 : 0)),
  };
}

/** `[n]` the least vertex that each vertex hangs together with. */
function piecesOf(count: number, triangles: readonly number[]): number[] {
  const piece = Array.from({ length: count }, (_, vertex) => vertex);
  const rootOf = (vertex: number): number => {
    let root = vertex;
    while (piece[root] !== root) root = piece[root];
    return root;
  };
  for (let t = 0; t < triangles.length; t += 3) {
    const roots = [rootOf(triangles[t]), rootOf(triangles[t + 1]), rootOf(triangles[t + 2])];
    const least = Math.min(...roots);
    for (const root of roots) piece[root] = least;
  }
  return piece.map((_, vertex) => rootOf(vertex));
}

function extentOf(
  points: readonly number[],
  of: (vertex: number) => boolean,
): { left: number; right: number; front: number } {
  let [left, right, front] = [Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 3) {
    if (!of(i / 3)) continue;
    left = Math.min(left, points[i]);
    right = Math.max(right, points[i]);
    front = Math.max(front, points[i + 2]);
  }
  return { left, right, front };
}
