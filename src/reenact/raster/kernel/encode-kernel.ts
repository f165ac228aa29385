import { KernelMemory, keepKernel } from '../../kernel-memory.ts';

interface Exports {
  encode(
    point: number,
    pixel: number,
    count: number,
    quarter: number,
    octaves: number,
    out: number,
    planeBytes: number,
  ): void;
}

/** Planes that lay a power of two apart would fight for the same lines of the cache. */
const APART = 16;

/** This thread's, for planes of up to so many pixels and encodings of up to so many planes an axis. */
export const encodeKernel = keepKernel(
  (plane: number, planesAnAxis: number) => new EncodeKernel(plane, planesAnAxis),
);

/** Writes positional encodings, in WebAssembly (encode-kernel.wat): two points at a time, every octave from the one before. */
class EncodeKernel {
  private readonly points: Float64Array;
  private readonly pixels: Int32Array;
  /** Of one axis. */
  private readonly planes: Float32Array;
  private readonly exports: Exports;

  constructor(plane: number, planesAnAxis: number) {
    const bytes = (plane + 1) * 28 + (plane + APART) * planesAnAxis * 4;
    const memory = new KernelMemory(3, bytes);
    this.points = memory.doubles((plane + 1) * 3);
    this.pixels = memory.ints(plane + 1);
    this.planes = memory.floats((plane + APART) * planesAnAxis);
    this.exports = memory.instantiate(new URL('encode-kernel.wasm', import.meta.url)) as Exports;
  }

  /**
   * @param places `[count, 3]` @param pixels `[count]` place of each in a plane @param radiansAUnit of octave 0
   * @param out `[3, 2 · octaves, plane]`, all of it written: zero where no point is
   */
  encode(
    places: Float64Array,
    pixels: Int32Array,
    count: number,
    radiansAUnit: number,
    octaves: number,
    out: Float32Array,
    plane: number,
  ): void {
    const { exports, points, planes } = this;
    const stride = plane + APART;
    points.set(places.subarray(0, count * 3));
    this.pixels.set(pixels.subarray(0, count));
    // The other half of a last pair.
    points.copyWithin(count * 3, (count - 1) * 3, count * 3);
    this.pixels[count] = pixels[count - 1];
    for (let axis = 0; axis < 3; axis++) {
      planes.fill(0);
      if (count > 0)
        exports.encode(
          points.byteOffset + axis * 8,
          this.pixels.byteOffset,
          count,
          radiansAUnit / 4,
          octaves,
          planes.byteOffset,
          stride * 4,
        );
      for (let i = 0; i < 2 * octaves; i++)
        out.set(planes.subarray(i * stride, i * stride + plane), (axis * 2 * octaves + i) * plane);
    }
  }
}
