/**
 * Z-buffer rasteriser that stores, a sample, which triangle is seen and where in it; shading comes later.
 *
 * Vertices are snapped to 1/256 of a sample, so edge functions are exact in double precision and the top-left rule
 * gives every sample on a shared edge to exactly one of the two triangles (Pineda, "A Parallel Algorithm for Polygon
 * Rasterization", SIGGRAPH 1988).
 *
 * Beside src/reenact/raster this is a second one on purpose: that one draws one mesh through one camera in a fraction of a
 * millisecond and nothing else; this one gathers several meshes, cards with alpha, shadow maps and texture atlases, which
 * have no camera. One for both would be the slower one with the longer list of options.
 */
export interface SampleBuffer {
  /** Samples a row: pixels × samples along an edge of a pixel. */
  readonly width: number;
  readonly height: number;
  /** `[height, width]` 1 / distance along the view axis (or minus the depth for a parallel projection); larger is nearer. */
  readonly nearness: Float32Array;
  /** `[height, width]` triangle seen, counted over all that was drawn; -1 is background. */
  readonly triangle: Int32Array;
  /** `[height, width]` screen-space barycentric weight of the triangle's corners 0 and 1. */
  readonly weight0: Float32Array;
  readonly weight1: Float32Array;
}

const SUBPIXELS = 256;

export function createSampleBuffer(width: number, height: number): SampleBuffer {
  const count = width * height;
  return {
    width,
    height,
    nearness: new Float32Array(count),
    triangle: new Int32Array(count).fill(-1),
    weight0: new Float32Array(count),
    weight1: new Float32Array(count),
  };
}

/** Empties the buffer; `farthest` is the nearness that everything drawn beats. */
export function clearSampleBuffer(buffer: SampleBuffer, farthest = 0): void {
  buffer.nearness.fill(farthest);
  buffer.triangle.fill(-1);
}

/** What one covered sample is offered to: returns false to leave the sample as it is (alpha test, custom blending). */
export type SampleTest = (triangle: number, weight0: number, weight1: number, sample: number) => boolean;

/**
 * Draws triangles into `buffer`.
 * @param screen `[V, 3]` x and y in samples from the top left corner, nearness (see {@link SampleBuffer}).
 * @param triangles `[F, 3]` vertex indices.
 * @param firstId Id of triangle 0 of this call in the buffer.
 * @param facing 1 draws the triangles whose screen winding is counter-clockwise (y up), -1 the others, 0 both.
 * @param test Called before a sample is written, when given.
 */
export function rasterise(
  buffer: SampleBuffer,
  screen: Float32Array,
  triangles: Uint32Array,
  firstId: number,
  facing: -1 | 0 | 1,
  test?: SampleTest,
): void {
  const { width, height, nearness, triangle: seen, weight0, weight1 } = buffer;
  const snapped = snap(screen);
  for (let f = 0, corner = 0; corner < triangles.length; f++, corner += 3) {
    let a = triangles[corner] * 3;
    let b = triangles[corner + 1] * 3;
    const c = triangles[corner + 2] * 3;
    let ax = snapped[a];
    let ay = snapped[a + 1];
    let bx = snapped[b];
    let by = snapped[b + 1];
    const cx = snapped[c];
    const cy = snapped[c + 1];
    // Twice the signed area; y points down, so counter-clockwise from the viewer is negative.
    let area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
    // Also false for NaN: a corner behind the camera.
    if (!(area > 0 || area < 0)) continue;
    const swapped = area < 0;
    if (facing !== 0 && swapped !== (facing === 1)) continue;
    if (swapped) {
      let other = a;
      a = b;
      b = other;
      other = ax;
      ax = bx;
      bx = other;
      other = ay;
      ay = by;
      by = other;
      area = -area;
    }

    const minX = Math.max(0, Math.ceil((Math.min(ax, bx, cx) - SUBPIXELS / 2) / SUBPIXELS));
    const maxX = Math.min(width - 1, Math.floor((Math.max(ax, bx, cx) - SUBPIXELS / 2) / SUBPIXELS));
    const minY = Math.max(0, Math.ceil((Math.min(ay, by, cy) - SUBPIXELS / 2) / SUBPIXELS));
    const maxY = Math.min(height - 1, Math.floor((Math.max(ay, by, cy) - SUBPIXELS / 2) / SUBPIXELS));
    if (minX > maxX || minY > maxY) continue;

    // Edge functions, positive inside; a top or left edge owns the samples that lie on it.
    const stepXa = by - cy;
    const stepYa = cx - bx;
    const stepXb = cy - ay;
    const stepYb = ax - cx;
    const stepXc = ay - by;
    const stepYc = bx - ax;
    const biasA = stepXa > 0 || (stepXa === 0 && stepYa > 0) ? 0 : -1;
    const biasB = stepXb > 0 || (stepXb === 0 && stepYb > 0) ? 0 : -1;
    const biasC = stepXc > 0 || (stepXc === 0 && stepYc > 0) ? 0 : -1;
    const startX = minX * SUBPIXELS + SUBPIXELS / 2;
    const startY = minY * SUBPIXELS + SUBPIXELS / 2;
    let rowA = (startX - bx) * stepXa + (startY - by) * stepYa + biasA;
    let rowB = (startX - cx) * stepXb + (startY - cy) * stepYb + biasB;
    let rowC = (startX - ax) * stepXc + (startY - ay) * stepYc + biasC;
    const perArea = 1 / area;
    const na = screen[a + 2];
    const nb = screen[b + 2];
    const nc = screen[c + 2];

    for (let y = minY; y <= maxY; y++) {
      let ea = rowA;
      let eb = rowB;
      let ec = rowC;
      for (let x = minX, sample = y * width + minX; x <= maxX; x++, sample++) {
        if (ea >= 0 && eb >= 0 && ec >= 0) {
          const wa = (ea - biasA) * perArea;
          const wb = (eb - biasB) * perArea;
          const near = wa * na + wb * nb + (1 - wa - wb) * nc;
          if (near > nearness[sample]) {
            const w0 = swapped ? wb : wa;
            const w1 = swapped ? wa : wb;
            if (test === undefined || test(firstId + f, w0, w1, sample)) {
              nearness[sample] = near;
              seen[sample] = firstId + f;
              weight0[sample] = w0;
              weight1[sample] = w1;
            }
          }
        }
        ea += stepXa * SUBPIXELS;
        eb += stepXb * SUBPIXELS;
        ec += stepXc * SUBPIXELS;
      }
      rowA += stepYa * SUBPIXELS;
      rowB += stepYb * SUBPIXELS;
      rowC += stepYc * SUBPIXELS;
    }
  }
}

let snapScratch = new Float64Array(0);

/** Screen x and y in whole 1/256 of a sample, at the places of `screen`; valid until the next call. */
function snap(screen: Float32Array): Float64Array {
  if (snapScratch.length < screen.length) snapScratch = new Float64Array(screen.length);
  for (let i = 0; i < screen.length; i += 3) {
    snapScratch[i] = Math.floor(screen[i] * SUBPIXELS + 0.5);
    snapScratch[i + 1] = Math.floor(screen[i + 1] * SUBPIXELS + 0.5);
  }
  return snapScratch;
}
