/** How a decoded picture becomes an upright one with square pixels. */
export interface PictureGeometry {
  /** Size to scale the coded picture to, before it is turned. */
  readonly scaledWidth: number;
  readonly scaledHeight: number;
  /** FFmpeg filters, in order, that turn and mirror it. */
  readonly turn: readonly string[];
  /** Size afterwards. */
  readonly width: number;
  readonly height: number;
}

/**
 * @param sampleAspect width of a pixel over its height; 1 is square, 0 or NaN is taken as unknown
 * @param turn from `turnFilters`
 * @param maxSidePx bound of the longer side of the result; never scales up to it
 */
export function pictureGeometry(
  codedWidth: number,
  codedHeight: number,
  sampleAspect: number,
  turn: readonly string[],
  maxSidePx: number,
): PictureGeometry {
  // Stretching the side whose pixels are the wider ones keeps every sample that was recorded.
  const aspect = sampleAspect > 0 && Number.isFinite(sampleAspect) ? sampleAspect : 1;
  const displayWidth = aspect > 1 ? codedWidth * aspect : codedWidth;
  const displayHeight = aspect < 1 ? codedHeight / aspect : codedHeight;
  const scale = Math.min(1, maxSidePx / Math.max(displayWidth, displayHeight));
  const scaledWidth = Math.max(1, Math.round(displayWidth * scale));
  const scaledHeight = Math.max(1, Math.round(displayHeight * scale));
  const sideways = turn.some((filter) => filter.startsWith('transpose'));
  return {
    scaledWidth,
    scaledHeight,
    turn,
    width: sideways ? scaledHeight : scaledWidth,
    height: sideways ? scaledWidth : scaledHeight,
  };
}

/**
 * Filters that undo a display matrix, to the nearest quarter turn, mirroring included (FFmpeg's own rule in
 * `ffmpeg_filter.c`).
 *
 * @param matrix side data of FFmpeg: nine little-endian int32, `[a b u; c d v; x y w]` in 16.16 fixed point
 */
export function turnFilters(matrix: Uint8Array | null): string[] {
  if (matrix === null || matrix.byteLength < 36) return [];
  const view = new DataView(matrix.buffer, matrix.byteOffset, 36);
  const [a, b, c, d] = [0, 4, 12, 16].map((offset) => view.getInt32(offset, true));
  const columnA = Math.hypot(a, c);
  const columnB = Math.hypot(b, d);
  if (columnA === 0 || columnB === 0) return [];
  const clockwiseDeg = (Math.atan2(b / columnB, a / columnA) * 180) / Math.PI;
  const quarter = (((Math.round(clockwiseDeg / 90) % 4) + 4) % 4) * 90;
  switch (quarter) {
    case 90:
      return [c > 0 ? 'transpose=cclock_flip' : 'transpose=clock'];
    case 180:
      return [...(a < 0 ? ['hflip'] : []), ...(d < 0 ? ['vflip'] : [])];
    case 270:
      return [c < 0 ? 'transpose=clock_flip' : 'transpose=cclock'];
    default:
      return d < 0 ? ['vflip'] : [];
  }
}
