/**
 * Textured triangles for the warp: z-buffered, bilinear, over whatever the target already holds. Positions and
 * texture coordinates are pixels, pixel (i, j) having its centre at (i + 0.5, j + 0.5). Colours are packed
 * little-endian RGBA with alpha premultiplied; the target itself is opaque.
 */

/** Where triangles are drawn. `nearness` is the camera-frame Z (metres, greater is nearer). */
export interface RasterTarget {
  readonly width: number;
  readonly height: number;
  /** `[height, width]`. */
  readonly color: Uint32Array;
  /** `[height, width]`. */
  readonly nearness: Float32Array;
}

/** Premultiplied picture that triangles sample. */
export interface Texture {
  /** Texels; the centre of the first is at position (0.5, 0.5). */
  readonly width: number;
  readonly height: number;
  /** Texels a pixel: 2 where points half-way between the pixels are there, too. */
  readonly scale: 1 | 2;
  /** `[height + 1, width + 1]`, the last row and column repeated so that bilinear sampling never leaves it. */
  readonly color: Uint32Array;
}

/** Vertices whose place in the texture is fixed and whose place in the target changes every frame. */
export interface Sheet {
  /** Target position, pixels. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Camera-frame Z, metres. */
  readonly z: Float32Array;
  /** Texture position, pixels. */
  readonly u: Float32Array;
  readonly v: Float32Array;
  /** `[n, 3]`, clockwise on the screen; triangles that have turned over are not drawn. */
  readonly triangles: Uint32Array;
}

/**
 * Draws every triangle of `sheet`. Shared edges neither overlap nor leave gaps: a pixel belongs to the triangle
 * that holds its centre, and both neighbours compute their common edge from the same sorted end points.
 */
export function drawSheet(target: RasterTarget, sheet: Sheet, texture: Texture): void {
  const { x, y, z, u, v, triangles } = sheet;
  const { width, height, color, nearness } = target;
  const texels = texture.color;
  const stride = texture.width + 1;
  // Texture coordinates run in 1/256 texel from the centre of the first.
  const unit = 256 * texture.scale;
  const greatestU = (texture.width - 1) * 256;
  const greatestV = (texture.height - 1) * 256;

  for (let t = 0; t < triangles.length; t += 3) {
    let a = triangles[t];
    let b = triangles[t + 1];
    let c = triangles[t + 2];
    const area = (x[b] - x[a]) * (y[c] - y[a]) - (x[c] - x[a]) * (y[b] - y[a]);
    if (!(area > 1e-6)) continue;
    let swap: number;
    if (y[b] < y[a]) {
      swap = a;
      a = b;
      b = swap;
    }
    if (y[c] < y[b]) {
      swap = b;
      b = c;
      c = swap;
      if (y[b] < y[a]) {
        swap = a;
        a = b;
        b = swap;
      }
    }
    const xa = x[a];
    const ya = y[a];
    const xb = x[b];
    const yb = y[b];
    const xc = x[c];
    const yc = y[c];
    let firstRow = Math.ceil(ya - 0.5);
    let endRow = Math.ceil(yc - 0.5);
    if (firstRow < 0) firstRow = 0;
    if (endRow > height) endRow = height;
    if (firstRow >= endRow) continue;

    const cross = (xb - xa) * (yc - ya) - (xc - xa) * (yb - ya);
    const inverse = 1 / cross;
    const du1 = (u[b] - u[a]) * unit;
    const du2 = (u[c] - u[a]) * unit;
    const dv1 = (v[b] - v[a]) * unit;
    const dv2 = (v[c] - v[a]) * unit;
    const dz1 = z[b] - z[a];
    const dz2 = z[c] - z[a];
    const ux = (du1 * (yc - ya) - du2 * (yb - ya)) * inverse;
    const uy = (du2 * (xb - xa) - du1 * (xc - xa)) * inverse;
    const vx = (dv1 * (yc - ya) - dv2 * (yb - ya)) * inverse;
    const vy = (dv2 * (xb - xa) - dv1 * (xc - xa)) * inverse;
    const zx = (dz1 * (yc - ya) - dz2 * (yb - ya)) * inverse;
    const zy = (dz2 * (xb - xa) - dz1 * (xc - xa)) * inverse;
    const longSlope = (xc - xa) / (yc - ya);
    const upperSlope = (xb - xa) / (yb - ya);
    const lowerSlope = (xc - xb) / (yc - yb);
    const longIsLeft = cross > 0;
    const ua = (u[a] - 0.5) * unit;
    const va = (v[a] - 0.5) * unit;
    const za = z[a];

    for (let row = firstRow; row < endRow; row++) {
      const centreY = row + 0.5;
      const along = xa + (centreY - ya) * longSlope;
      const bent = centreY < yb ? xa + (centreY - ya) * upperSlope : xb + (centreY - yb) * lowerSlope;
      let first = Math.ceil((longIsLeft ? along : bent) - 0.5);
      let end = Math.ceil((longIsLeft ? bent : along) - 0.5);
      if (first < 0) first = 0;
      if (end > width) end = width;
      if (first >= end) continue;
      const dx = first + 0.5 - xa;
      const dy = centreY - ya;
      let tu = ua + dx * ux + dy * uy;
      let tv = va + dx * vx + dy * vy;
      let depth = za + dx * zx + dy * zy;
      for (let p = (row * width + first) | 0, last = (row * width + end) | 0; p < last; p++) {
        if (depth > nearness[p]) {
          // Rounded to 1/256 px, so that a still sheet gives the texture's own pixels.
          let iu = (tu + 0.5) | 0;
          let iv = (tv + 0.5) | 0;
          if (iu < 0) iu = 0;
          else if (iu > greatestU) iu = greatestU;
          if (iv < 0) iv = 0;
          else if (iv > greatestV) iv = greatestV;
          const o = (Math.imul(iv >> 8, stride) + (iu >> 8)) | 0;
          const below = (o + stride) | 0;
          const fx = iu & 255;
          const fy = iv & 255;
          let sample = texels[o] | 0;
          if ((fx | fy) !== 0) {
            const w11 = (fx * fy) >> 8;
            const w10 = fx - w11;
            const w01 = fy - w11;
            const w00 = 256 - fx - fy + w11;
            const c10 = texels[(o + 1) | 0] | 0;
            const c01 = texels[below] | 0;
            const c11 = texels[(below + 1) | 0] | 0;
            const redBlue =
              (Math.imul(sample & 0xff00ff, w00) +
                Math.imul(c10 & 0xff00ff, w10) +
                Math.imul(c01 & 0xff00ff, w01) +
                Math.imul(c11 & 0xff00ff, w11) +
                0x800080) >>>
              8;
            const greenAlpha =
              Math.imul((sample >>> 8) & 0xff00ff, w00) +
              Math.imul((c10 >>> 8) & 0xff00ff, w10) +
              Math.imul((c01 >>> 8) & 0xff00ff, w01) +
              Math.imul((c11 >>> 8) & 0xff00ff, w11) +
              0x800080;
            sample = (redBlue & 0xff00ff) | (greenAlpha & 0xff00ff00);
          }
          const alpha = sample >>> 24;
          if (alpha === 255) {
            color[p] = sample;
            nearness[p] = depth;
          } else if (alpha !== 0) {
            color[p] = over(sample, alpha, color[p]);
            if (alpha > 127) nearness[p] = depth;
          }
        }
        tu += ux;
        tv += vx;
        depth += zx;
      }
    }
  }
}

/** Premultiplied `sample` over an opaque pixel. */
export function over(sample: number, alpha: number, below: number): number {
  const keep = 256 - alpha - (alpha >> 7);
  const redBlue = (sample & 0xff00ff) + ((((below & 0xff00ff) * keep) >>> 8) & 0xff00ff);
  const green = (sample & 0xff00) + ((((below & 0xff00) * keep) >>> 8) & 0xff00);
  return (0xff000000 | redBlue | green) >>> 0;
}

/**
 * Packs a straight picture into a premultiplied texture.
 *
 * @param rgb `[height, width, 3]`, 0..255
 * @param alpha `[height, width]`, 0..1; null is opaque
 */
export function makeTexture(
  width: number,
  height: number,
  rgb: ArrayLike<number>,
  alpha: ArrayLike<number> | null,
): Texture {
  const color = new Uint32Array((width + 1) * (height + 1));
  for (let row = 0, o = 0; row <= height; row++) {
    const from = Math.min(row, height - 1) * width;
    for (let column = 0; column <= width; column++, o++) {
      const p = from + Math.min(column, width - 1);
      color[o] = packPremultiplied(rgb, p * 3, alpha === null ? 1 : alpha[p]);
    }
  }
  return { width, height, scale: 1, color };
}

/**
 * The same texture with the points half-way between its texels, by cubic interpolation (−1 9 9 −1)/16: bilinear
 * sampling of that keeps moving detail about as sharp as still detail, and still detail exactly as it is.
 */
export function refineTexture(texture: Texture): Texture {
  const width = 2 * texture.width - 1;
  const height = 2 * texture.height - 1;
  const stride = width + 1;
  const color = new Uint32Array(stride * (height + 1));
  const from = (x: number, y: number): number =>
    texture.color[
      Math.min(texture.height - 1, Math.max(0, y)) * (texture.width + 1) +
        Math.min(texture.width - 1, Math.max(0, x))
    ];
  for (let y = 0; y < texture.height; y++)
    for (let x = 0; x < texture.width; x++) {
      const p = 2 * y * stride + 2 * x;
      color[p] = from(x, y);
      if (x < texture.width - 1)
        color[p + 1] = between(from(x - 1, y), from(x, y), from(x + 1, y), from(x + 2, y));
    }
  for (let y = 1; y < height; y += 2)
    for (let x = 0; x < width; x++) {
      const p = y * stride + x;
      const before = color[Math.max(0, y - 3) * stride + x];
      const after = color[Math.min(height - 1, y + 3) * stride + x];
      color[p] = between(before, color[p - stride], color[p + stride], after);
    }
  for (let y = 0; y < height; y++) color[y * stride + width] = color[y * stride + width - 1];
  color.copyWithin(height * stride, (height - 1) * stride, height * stride);
  return { width, height, scale: 2, color };
}

/** Half-way between the middle two of four premultiplied pixels. */
function between(a: number, b: number, c: number, d: number): number {
  if (a === b && b === c && c === d) return b;
  let packed = 0;
  let alpha = 255;
  for (let shift = 24; shift >= 0; shift -= 8) {
    const level =
      (9 * (((b >>> shift) & 255) + ((c >>> shift) & 255)) - ((a >>> shift) & 255) - ((d >>> shift) & 255)) /
      16;
    const limited = Math.min(alpha, Math.max(0, Math.round(level)));
    // No premultiplied colour is brighter than its opacity.
    if (shift === 24) alpha = limited;
    packed |= limited << shift;
  }
  return packed >>> 0;
}

/** Straight colour at `rgb[at..at + 3)` (0..255) with `alpha` 0..1, as one premultiplied pixel. */
export function packPremultiplied(rgb: ArrayLike<number>, at: number, alpha: number): number {
  const a = Math.round(255 * Math.min(1, Math.max(0, alpha)));
  const scale = a / 255;
  const red = Math.round(clampByte(rgb[at]) * scale);
  const green = Math.round(clampByte(rgb[at + 1]) * scale);
  const blue = Math.round(clampByte(rgb[at + 2]) * scale);
  return ((a << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

function clampByte(value: number): number {
  return Math.min(255, Math.max(0, value));
}
