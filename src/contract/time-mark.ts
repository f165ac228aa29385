/**
 * Time marks in pictures, for glass-to-glass tests: a row of black and white cells along the top edge says when the
 * picture was made. The driver's test page draws it, the worker reads it and draws it again on the avatar's frame made
 * from it, and the viewer's page reads it off the screen. Coarse enough for VP8 at 1 Mbps and for scaling.
 *
 * 34 cells share the width: white and black to begin with (the reader's yardstick), 24 bits of milliseconds (the rest
 * of a division by 2²⁴, about 4.7 hours), most significant first, and 8 bits of checksum. The row is one 24th of the
 * picture's height.
 */
const CELLS = 34;
const VALUE_BITS = 24;
const CHECK_BITS = 8;
const ROW_PART = 1 / 24;
/** White must be brighter than black by this, of 255. */
const LEAST_CONTRAST = 60;

/** Values are taken modulo this. */
export const TIME_MARK_MODULUS = 2 ** VALUE_BITS;

/** `[height, width, 4]` RGBA, as canvases and decoders have it. */
export interface MarkedPixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Height of the row, pixels. */
export function timeMarkHeight(height: number): number {
  return Math.max(2, Math.round(height * ROW_PART));
}

/** Draws the mark over the top of a picture. @param timeMs whole milliseconds; modulo 2²⁴ is what can be read */
export function drawTimeMark(picture: MarkedPixels, timeMs: number): void {
  const { width, height, data } = picture;
  const bits = cellsOf(timeMs);
  const rows = timeMarkHeight(height);
  for (let x = 0; x < width; x++) {
    const value = bits[Math.min(CELLS - 1, Math.floor((x * CELLS) / width))] ? 255 : 0;
    data[x * 4] = value;
    data[x * 4 + 1] = value;
    data[x * 4 + 2] = value;
    data[x * 4 + 3] = 255;
  }
  for (let y = 1; y < rows; y++) data.copyWithin(y * width * 4, 0, width * 4);
}

/** @returns milliseconds modulo 2²⁴; null where there is no mark, or it is damaged */
export function readTimeMark(picture: MarkedPixels): number | null {
  const { width, height } = picture;
  if (width < CELLS * 3) return null;
  const middle = Math.floor(timeMarkHeight(height) / 2);
  const levels = Array.from({ length: CELLS }, (_, cell) => cellLevel(picture, cell, middle));
  const [white, black] = levels;
  if (white - black < LEAST_CONTRAST) return null;
  const threshold = (white + black) / 2;
  let value = 0;
  for (let bit = 0; bit < VALUE_BITS; bit++) value = value * 2 + (levels[2 + bit] > threshold ? 1 : 0);
  let check = 0;
  for (let bit = 0; bit < CHECK_BITS; bit++)
    check = check * 2 + (levels[2 + VALUE_BITS + bit] > threshold ? 1 : 0);
  return check === checksum(value) ? value : null;
}

/** Milliseconds from a mark to now, across the wrap. @param nowMs on the clock that the mark was made with */
export function timeMarkAgeMs(mark: number, nowMs: number): number {
  const age = (((Math.floor(nowMs) - mark) % TIME_MARK_MODULUS) + TIME_MARK_MODULUS) % TIME_MARK_MODULUS;
  return age < TIME_MARK_MODULUS / 2 ? age : age - TIME_MARK_MODULUS;
}

function cellsOf(timeMs: number): boolean[] {
  const value = ((Math.floor(timeMs) % TIME_MARK_MODULUS) + TIME_MARK_MODULUS) % TIME_MARK_MODULUS;
  const cells = [true, false];
  for (let bit = VALUE_BITS - 1; bit >= 0; bit--) cells.push(Math.floor(value / 2 ** bit) % 2 === 1);
  for (let bit = CHECK_BITS - 1; bit >= 0; bit--) cells.push(((checksum(value) >> bit) & 1) === 1);
  return cells;
}

/** Mean of green over the middle third of a cell, three rows high. */
function cellLevel({ width, data }: MarkedPixels, cell: number, middle: number): number {
  const cellPx = width / CELLS;
  const from = Math.round((cell + 1 / 3) * cellPx);
  const to = Math.max(from + 1, Math.round((cell + 2 / 3) * cellPx));
  let sum = 0;
  for (let y = Math.max(0, middle - 1); y <= middle + 1; y++)
    for (let x = from; x < to; x++) sum += data[(y * width + x) * 4 + 1];
  return sum / ((to - from) * (middle + 2 - Math.max(0, middle - 1)));
}

/** CRC-8 (polynomial 0x07) of the value's three bytes, started at 0xff so that an empty row is none. */
function checksum(value: number): number {
  let crc = 0xff;
  for (const byte of [(value >> 16) & 255, (value >> 8) & 255, value & 255]) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = ((crc << 1) ^ ((crc & 0x80) !== 0 ? 0x07 : 0)) & 255;
  }
  return crc;
}
