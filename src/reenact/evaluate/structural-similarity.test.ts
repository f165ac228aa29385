import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RgbaImage } from '../frame.ts';
import { SSIM_C1, SSIM_C2, SSIM_SIGMA_PX, SSIM_TAPS, StructuralSimilarity } from './structural-similarity.ts';

function picture(
  width: number,
  height: number,
  value: (pixel: number, channel: number) => number,
): RgbaImage {
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : value(i >> 2, i % 4),
  );
  return { width, height, data };
}

/** Straight from the paper: a window sum in two dimensions at every position. */
function plainSsim(a: RgbaImage, b: RgbaImage): number {
  const { width, height } = a;
  const luma = ({ data }: RgbaImage, x: number, y: number): number => {
    const at = (y * width + x) * 4;
    return 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
  };
  const half = (SSIM_TAPS - 1) / 2;
  const gauss = (dx: number, dy: number): number => Math.exp(-(dx * dx + dy * dy) / (2 * SSIM_SIGMA_PX ** 2));
  let total = 0;
  let count = 0;
  for (let cy = half; cy < height - half; cy++)
    for (let cx = half; cx < width - half; cx++) {
      let weights = 0;
      let meanA = 0;
      let meanB = 0;
      for (let dy = -half; dy <= half; dy++)
        for (let dx = -half; dx <= half; dx++) {
          weights += gauss(dx, dy);
          meanA += gauss(dx, dy) * luma(a, cx + dx, cy + dy);
          meanB += gauss(dx, dy) * luma(b, cx + dx, cy + dy);
        }
      meanA /= weights;
      meanB /= weights;
      let varA = 0;
      let varB = 0;
      let covariance = 0;
      for (let dy = -half; dy <= half; dy++)
        for (let dx = -half; dx <= half; dx++) {
          const weight = gauss(dx, dy) / weights;
          const fromA = luma(a, cx + dx, cy + dy) - meanA;
          const fromB = luma(b, cx + dx, cy + dy) - meanB;
          varA += weight * fromA * fromA;
          varB += weight * fromB * fromB;
          covariance += weight * fromA * fromB;
        }
      total +=
        ((2 * meanA * meanB + SSIM_C1) * (2 * covariance + SSIM_C2)) /
        ((meanA ** 2 + meanB ** 2 + SSIM_C1) * (varA + varB + SSIM_C2));
      count++;
    }
  return total / count;
}

const WIDTH = 17;
const HEIGHT = 14;
const noise = fc
  .uint8Array({ minLength: WIDTH * HEIGHT * 3, maxLength: WIDTH * HEIGHT * 3 })
  .map((values) => picture(WIDTH, HEIGHT, (pixel, channel) => values[pixel * 3 + channel]));

describe('structural similarity', () => {
  const ssim = new StructuralSimilarity(WIDTH, HEIGHT);

  it('agrees with the plain window sums of the paper', () => {
    fc.assert(
      fc.property(noise, noise, (a, b) => {
        expect(ssim.measure(a, b)).toBeCloseTo(plainSsim(a, b), 4);
      }),
      { numRuns: 30 },
    );
  });

  it('is 1 for equal pictures and the same both ways', () => {
    fc.assert(
      fc.property(noise, noise, (a, b) => {
        expect(ssim.measure(a, a)).toBeCloseTo(1, 6);
        expect(ssim.measure(a, b)).toBeCloseTo(ssim.measure(b, a), 6);
      }),
      { numRuns: 20 },
    );
  });

  it('leaves of flat pictures the comparison of their means', () => {
    const flat = (value: number): RgbaImage => picture(WIDTH, HEIGHT, () => value);
    const expected = (2 * 100 * 150 + SSIM_C1) / (100 ** 2 + 150 ** 2 + SSIM_C1);
    expect(ssim.measure(flat(100), flat(150))).toBeCloseTo(expected, 3);
  });

  it('refuses other sizes and pictures smaller than its window', () => {
    expect(() =>
      ssim.measure(
        picture(20, 20, () => 0),
        picture(20, 20, () => 0),
      ),
    ).toThrow(RangeError);
    expect(() => new StructuralSimilarity(10, 40)).toThrow(RangeError);
  });
});
