import type { Tile } from './face-detector.ts';

/**
 * The detector is reliable (score ≥ 0.6) on faces from 0.15 to 0.9 of its square's side. Halving the square from
 * level to level, a face of 0.15 to 0.4 of it must lie whole in one square: neighbours share 0.4.
 */
const SMALLEST_FACE_OF_TILE = 0.15;
const SHARED_OF_TILE = 0.4;
/** A face that fills the picture to its edges is found with a margin around it. */
const CLOSE_UP_SCALE = 1.6;

/** The square around the whole picture. */
export function wholePicture(width: number, height: number): Tile {
  return centred(width, height, Math.max(width, height));
}

/**
 * Squares that together show the detector every face of at least `minFacePx` in a picture: the whole of it,
 * the whole with a margin, then overlapping squares of a half, a quarter… of its longer side.
 */
export function planTiles(width: number, height: number, minFacePx: number): Tile[] {
  const side = Math.max(width, height);
  const tiles = [wholePicture(width, height), centred(width, height, CLOSE_UP_SCALE * side)];
  for (let size = side; size * SMALLEST_FACE_OF_TILE > minFacePx; ) {
    size /= 2;
    for (const y of tileStarts(height, size)) {
      for (const x of tileStarts(width, size)) tiles.push({ x, y, sizePx: size });
    }
  }
  return tiles;
}

function centred(width: number, height: number, sizePx: number): Tile {
  return { x: (width - sizePx) / 2, y: (height - sizePx) / 2, sizePx };
}

/** Starts of evenly spread squares along one axis; one, centred, where it covers the axis. */
function tileStarts(length: number, size: number): number[] {
  if (size >= length) return [(length - size) / 2];
  const count = Math.ceil((length - size) / (size * (1 - SHARED_OF_TILE))) + 1;
  return Array.from({ length: count }, (_, i) => ((length - size) * i) / (count - 1));
}
