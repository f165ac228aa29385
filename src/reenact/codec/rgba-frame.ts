import { AV_PIX_FMT_RGBA, AVCOL_RANGE_JPEG, AVCOL_SPC_RGB } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import type { RgbaImage } from '../frame.ts';
import type { PixelPool } from '../pixel-pool.ts';
import { must } from './ffmpeg.ts';

/**
 * A native RGBA frame that is used again for every picture. Its memory is made known to JavaScript once: `Frame.data`
 * wraps it anew each time, which V8 takes for so much more memory, and at a megabyte a picture it then collects all
 * garbage several times a second. (`Frame.fromBuffer` only points at JavaScript's memory, which may be changed or
 * collected while FFmpeg still reads it.)
 */
export class RgbaFrame {
  readonly frame = new Frame();
  readonly width: number;
  readonly height: number;
  readonly #plane: Uint8Array;
  /** Bytes from row to row. */
  readonly #stride: number;

  constructor(width: number, height: number) {
    const { frame } = this;
    this.width = width;
    this.height = height;
    frame.alloc();
    frame.width = width;
    frame.height = height;
    frame.format = AV_PIX_FMT_RGBA;
    frame.colorSpace = AVCOL_SPC_RGB;
    frame.colorRange = AVCOL_RANGE_JPEG;
    must(frame.getBuffer(), 'allocate frame');
    this.#plane = frame.data![0];
    this.#stride = frame.linesize[0];
  }

  /** Copies a picture of its size in. */
  fill(data: Uint8Array): void {
    const { width, height } = this;
    const row = width * 4;
    if (this.#stride === row) this.#plane.set(data);
    else
      for (let y = 0; y < height; y++)
        this.#plane.set(data.subarray(y * row, (y + 1) * row), y * this.#stride);
  }

  /** Copies its picture out. @param data of its size */
  read(data: Uint8Array): void {
    const { width, height } = this;
    const row = width * 4;
    if (this.#stride === row) data.set(this.#plane.subarray(0, row * height));
    else
      for (let y = 0; y < height; y++) {
        const start = y * this.#stride;
        data.set(this.#plane.subarray(start, start + row), y * row);
      }
  }

  /** Only once FFmpeg is through with it. */
  free(): void {
    this.frame.free();
  }
}

/** Copies native RGBA frames, which are gone with the next one, into JavaScript's memory. */
export class RgbaReader {
  #held: RgbaFrame | null = null;

  /** @param pixels where the picture's memory is from */
  read(frame: Frame, pixels: PixelPool): RgbaImage {
    const { width, height } = frame;
    if (this.#held?.width !== width || this.#held.height !== height) {
      this.close();
      this.#held = new RgbaFrame(width, height);
    }
    const held = this.#held!;
    must(held.frame.copy(frame), 'copy frame');
    const data = pixels.take(width * height * 4);
    held.read(data);
    return { width, height, data };
  }

  close(): void {
    this.#held?.free();
    this.#held = null;
  }
}
