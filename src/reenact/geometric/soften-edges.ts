import type { RasterTarget, Sheet } from './warp-raster.ts';

/** Depth that jumps by this much from pixel to pixel is one thing in front of another, metres. */
const JUMP_M = 0.01;

/** Places and colours of the pixels to soften; made once. */
export interface EdgeScratch {
  readonly places: Int32Array;
  readonly colors: Uint32Array;
}

export function createEdgeScratch(size: number): EdgeScratch {
  return { places: new Int32Array(size * 16), colors: new Uint32Array(size * 16) };
}

/**
 * Takes the stairs off the edges where one part of the head has turned in front of another, or its far side out of
 * sight: pixels on both sides of a jump in depth are averaged with their neighbours (1 2 1 each way).
 *
 * @param sheet what `nearness` is of
 * @param share 0 leaves the picture as it is, 1 takes the average whole
 */
export function softenEdges(target: RasterTarget, sheet: Sheet, scratch: EdgeScratch, share: number): void {
  if (share <= 0) return;
  const { width, height, color, nearness } = target;
  const [left, right] = extent(sheet.x, width);
  const [top, bottom] = extent(sheet.y, height);
  const { places, colors } = scratch;
  let found = 0;
  for (let y = top; y < bottom; y++) {
    let p = y * width + left;
    let z = nearness[p - 1];
    let next = nearness[p];
    for (const end = y * width + right; p < end; p++) {
      const before = z;
      z = next;
      next = nearness[p + 1];
      if (z === Number.NEGATIVE_INFINITY) continue;
      if (
        Math.abs(z - before) > JUMP_M ||
        Math.abs(z - next) > JUMP_M ||
        Math.abs(z - nearness[p - width]) > JUMP_M ||
        Math.abs(z - nearness[p + width]) > JUMP_M
      ) {
        if (found < places.length) places[found++] = p;
      }
    }
  }
  const keep = Math.round(256 * (1 - share));
  for (let i = 0; i < found; i++) {
    const p = places[i];
    colors[i] = blend(color[p], average(color, p, width), keep);
  }
  for (let i = 0; i < found; i++) color[places[i]] = colors[i];
}

/** First and end of the pixels that `places` reach, without the picture's outermost, which lack a neighbour. */
function extent(places: Float32Array, size: number): [first: number, end: number] {
  let least = size;
  let most = 0;
  for (let i = 0; i < places.length; i++) {
    const at = places[i];
    if (at < least) least = at;
    if (at > most) most = at;
  }
  return [Math.max(1, Math.floor(least)), Math.min(size - 1, Math.ceil(most))];
}

function average(color: Uint32Array, p: number, width: number): number {
  const a = p - width;
  const b = p + width;
  let redBlue = 4 * (color[p] & 0xff00ff);
  let green = 4 * (color[p] & 0xff00);
  redBlue +=
    2 *
    ((color[p - 1] & 0xff00ff) + (color[p + 1] & 0xff00ff) + (color[a] & 0xff00ff) + (color[b] & 0xff00ff));
  green +=
    2 * ((color[p - 1] & 0xff00) + (color[p + 1] & 0xff00) + (color[a] & 0xff00) + (color[b] & 0xff00));
  redBlue +=
    (color[a - 1] & 0xff00ff) +
    (color[a + 1] & 0xff00ff) +
    (color[b - 1] & 0xff00ff) +
    (color[b + 1] & 0xff00ff);
  green +=
    (color[a - 1] & 0xff00) + (color[a + 1] & 0xff00) + (color[b - 1] & 0xff00) + (color[b + 1] & 0xff00);
  return (0xff000000 | ((redBlue >>> 4) & 0xff00ff) | ((green >>> 4) & 0xff00)) >>> 0;
}

function blend(own: number, other: number, keep: number): number {
  const give = 256 - keep;
  const redBlue = ((own & 0xff00ff) * keep + (other & 0xff00ff) * give) / 256;
  const green = ((own & 0xff00) * keep + (other & 0xff00) * give) / 256;
  return (0xff000000 | (redBlue & 0xff00ff) | (green & 0xff00)) >>> 0;
}
