import type { Camera } from '../head/head-model.ts';

/** Surface seen through each pixel; row by row from the top left. */
export interface RasterTarget {
  readonly width: number;
  readonly height: number;
  /** `[height, width]` metres in front of the camera (−Z); Infinity where nothing is. */
  readonly depth: Float32Array;
  /** `[height, width]` index of the nearest triangle; −1 where nothing is. */
  readonly triangle: Int32Array;
  /** `[height, width, 3]` perspective-correct weights of that triangle's corners; stale where nothing is. */
  readonly barycentric: Float32Array;
}

export interface RasterOptions {
  /** Draw triangles seen from behind too. Default false. */
  readonly doubleSided?: boolean;
}

/**
 * Screen coordinates are whole numbers of 1/4096 px, which makes edge tests exact, and odd ones, so that no corner lies
 * on the row or column of a pixel's centre.
 */
const SUBPIXEL_BITS = 12;
const SUBPIXELS = 1 << SUBPIXEL_BITS;
const HALF_PIXEL = SUBPIXELS / 2;
/** Triangles with a corner nearer than this are left out instead of clipped: no head comes so near. */
export const NEAR_M = 1e-3;
/** Beyond this many pixels from the corner, edge functions would no longer be exact in a double. */
export const GUARD_PX = 8192;

export function createRasterTarget(width: number, height: number): RasterTarget {
  return {
    width,
    height,
    depth: new Float32Array(width * height),
    triangle: new Int32Array(width * height),
    barycentric: new Float32Array(width * height * 3),
  };
}

/** `[V, 3]` x and y on the screen in subpixels, and 1 / depth. */
let screen = new Float64Array(0);
/**
 * `[V]` last pixel centre to the left of each vertex (low 16 bits) and above it (high 16 bits), signed. A triangle
 * whose corners agree in either covers no centre.
 */
let cells = new Int32Array(0);

/**
 * Draws triangles into a z-buffer. A pixel is covered when its centre (x + ½, y + ½) is; a centre on an edge between
 * two triangles goes to exactly one of them (top-left rule on coordinates snapped to 1/4096 px), so that a closed
 * surface has neither gaps nor seams. Of equally near triangles the first drawn stays.
 *
 * @param points `[V, 3]` metres, camera frame
 * @param triangles `[F, 3]` counter-clockwise seen from outside
 * @param camera maps to pixels of the target
 * @param target cleared first
 */
export function rasterise(
  points: ArrayLike<number>,
  triangles: Uint32Array,
  camera: Camera,
  target: RasterTarget,
  options: RasterOptions = {},
): void {
  target.depth.fill(Number.POSITIVE_INFINITY);
  target.triangle.fill(-1);
  projectToGrid(points, camera);
  const doubleSided = options.doubleSided ?? false;
  const cell = cells;
  const xyw = screen;
  // Whole numbers of 32 bits throughout: V8 would otherwise take an index times 3 for one that may not fit.
  const corners = triangles.length | 0;
  for (let t = 0, corner = 0; corner < corners; t++, corner = (corner + 3) | 0) {
    const a = triangles[corner] | 0;
    const b = triangles[(corner + 1) | 0] | 0;
    const c = triangles[(corner + 2) | 0] | 0;
    // On a small map most triangles lie between pixel centres: out they go before anything else is worked out.
    const spread = (cell[a] ^ cell[b]) | (cell[a] ^ cell[c]);
    if ((spread & 0xffff) === 0 || spread >>> 16 === 0) continue;
    const a3 = Math.imul(a, 3);
    const b3 = Math.imul(b, 3);
    const c3 = Math.imul(c, 3);
    const ax = xyw[a3];
    const ay = xyw[(a3 + 1) | 0];
    const area = (xyw[b3] - ax) * (xyw[(c3 + 1) | 0] - ay) - (xyw[c3] - ax) * (xyw[(b3 + 1) | 0] - ay);
    // Counter-clockwise in space is clockwise, negative, on a screen whose y goes down.
    if (area < 0) fillTriangle(target, t, a, c, b, -area, true);
    else if (doubleSided && area > 0) fillTriangle(target, t, a, b, c, area, false);
  }
}

/** Σ_k weight_k · attribute[corner_k] of a covered pixel, written to `out[outAt …]`; `attribute` is `[V, components]`. */
export function interpolate(
  target: RasterTarget,
  pixel: number,
  triangles: Uint32Array,
  attribute: ArrayLike<number>,
  components: number,
  out: { [index: number]: number },
  outAt = 0,
): void {
  const corner = Math.imul(target.triangle[pixel], 3);
  const a = Math.imul(triangles[corner], components);
  const b = Math.imul(triangles[(corner + 1) | 0], components);
  const c = Math.imul(triangles[(corner + 2) | 0], components);
  const weight = Math.imul(pixel, 3);
  const wa = target.barycentric[weight];
  const wb = target.barycentric[(weight + 1) | 0];
  const wc = target.barycentric[(weight + 2) | 0];
  for (let i = 0; i < components; i++)
    out[(outAt + i) | 0] =
      wa * attribute[(a + i) | 0] + wb * attribute[(b + i) | 0] + wc * attribute[(c + i) | 0];
}

function projectToGrid(points: ArrayLike<number>, { focalPx, centreX, centreY }: Camera): void {
  const vertices = points.length / 3;
  if (cells.length < vertices) {
    screen = new Float64Array(vertices * 3);
    cells = new Int32Array(vertices);
  }
  const xyw = screen;
  const cell = cells;
  for (let v = 0, p = 0; v < vertices; v++, p = (p + 3) | 0) {
    const z = points[(p + 2) | 0];
    const inverse = -1 / z;
    const x = centreX + focalPx * points[p] * inverse;
    const y = centreY - focalPx * points[(p + 1) | 0] * inverse;
    if (-z > NEAR_M && Math.abs(x) < GUARD_PX && Math.abs(y) < GUARD_PX) {
      const across = 2 * Math.floor(x * (SUBPIXELS / 2)) + 1;
      const down = 2 * Math.floor(y * (SUBPIXELS / 2)) + 1;
      xyw[p] = across;
      xyw[(p + 1) | 0] = down;
      xyw[(p + 2) | 0] = inverse;
      // A power of two: the shift is the floor of the division.
      cell[v] =
        (((down - HALF_PIXEL) >> SUBPIXEL_BITS) << 16) | (((across - HALF_PIXEL) >> SUBPIXEL_BITS) & 0xffff);
    } else {
      // Makes the area of its triangles NaN, which is neither front nor back.
      xyw[p] = Number.NaN;
    }
  }
}

/**
 * Corners in an order that makes `area` (twice the triangle's, in subpixels squared) positive on the screen.
 * `swapped` says that b and c changed places against the mesh.
 */
function fillTriangle(
  target: RasterTarget,
  triangle: number,
  a: number,
  b: number,
  c: number,
  area: number,
  swapped: boolean,
): void {
  const { width, height, depth, triangle: owner, barycentric } = target;
  const xyw = screen;
  const cellA = cells[a];
  const cellB = cells[b];
  const cellC = cells[c];
  const top = Math.max(0, Math.min(cellA >> 16, cellB >> 16, cellC >> 16) + 1);
  const bottom = Math.min(height - 1, Math.max(cellA >> 16, cellB >> 16, cellC >> 16));
  const [columnA, columnB, columnC] = [(cellA << 16) >> 16, (cellB << 16) >> 16, (cellC << 16) >> 16];
  const left = Math.max(0, Math.min(columnA, columnB, columnC) + 1);
  const right = Math.min(width - 1, Math.max(columnA, columnB, columnC));
  if (left > right || top > bottom) return;

  const a3 = Math.imul(a, 3);
  const b3 = Math.imul(b, 3);
  const c3 = Math.imul(c, 3);
  const ax = xyw[a3];
  const ay = xyw[(a3 + 1) | 0];
  const bx = xyw[b3];
  const by = xyw[(b3 + 1) | 0];
  const cx = xyw[c3];
  const cy = xyw[(c3 + 1) | 0];
  // Edge functions, each opposite to its corner, at the first pixel's centre. Whole numbers: "> 0" is "≥ 1".
  const px = left * SUBPIXELS + HALF_PIXEL;
  const py = top * SUBPIXELS + HALF_PIXEL;
  let rowA = (cx - bx) * (py - by) - (cy - by) * (px - bx);
  let rowB = (ax - cx) * (py - cy) - (ay - cy) * (px - cx);
  let rowC = (bx - ax) * (py - ay) - (by - ay) * (px - ax);
  const leastA = isTopLeft(cx - bx, cy - by) ? 0 : 1;
  const leastB = isTopLeft(ax - cx, ay - cy) ? 0 : 1;
  const leastC = isTopLeft(bx - ax, by - ay) ? 0 : 1;
  const acrossA = (by - cy) * SUBPIXELS;
  const acrossB = (cy - ay) * SUBPIXELS;
  const acrossC = (ay - by) * SUBPIXELS;
  const downA = (cx - bx) * SUBPIXELS;
  const downB = (ax - cx) * SUBPIXELS;
  const downC = (bx - ax) * SUBPIXELS;
  const za = xyw[(a3 + 2) | 0] / area;
  const zb = xyw[(b3 + 2) | 0] / area;
  const zc = xyw[(c3 + 2) | 0] / area;
  const slotB = swapped ? 2 : 1;
  const slotC = swapped ? 1 : 2;

  for (let y = top; y <= bottom; y++) {
    let edgeA = rowA;
    let edgeB = rowB;
    let edgeC = rowC;
    let pixel = (Math.imul(y, width) + left) | 0;
    for (let x = left; x <= right; x++, pixel = (pixel + 1) | 0) {
      if (edgeA >= leastA && edgeB >= leastB && edgeC >= leastC) {
        // 1/Z is linear on the screen, and so is weight/Z: dividing one by the other corrects perspective.
        const wa = edgeA * za;
        const wb = edgeB * zb;
        const wc = edgeC * zc;
        const z = 1 / (wa + wb + wc);
        if (z < depth[pixel]) {
          depth[pixel] = z;
          owner[pixel] = triangle;
          const weight = Math.imul(pixel, 3);
          barycentric[weight] = wa * z;
          barycentric[(weight + slotB) | 0] = wb * z;
          barycentric[(weight + slotC) | 0] = wc * z;
        }
      }
      edgeA += acrossA;
      edgeB += acrossB;
      edgeC += acrossC;
    }
    rowA += downA;
    rowB += downB;
    rowC += downC;
  }
}

/** Of an edge that has the inside to its right when y goes down. */
function isTopLeft(dx: number, dy: number): boolean {
  return dy < 0 || (dy === 0 && dx > 0);
}
