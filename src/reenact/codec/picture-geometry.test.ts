import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pictureGeometry, turnFilters } from './picture-geometry.ts';
import { quarterTurnMatrix } from './test-clip.ts';

const bytes = (matrix: readonly number[]) => new Uint8Array(Int32Array.from(matrix).buffer);

describe('turnFilters', () => {
  it('leaves a picture without a display matrix as it is', () => {
    expect(turnFilters(null)).toEqual([]);
    expect(turnFilters(bytes(quarterTurnMatrix(0)))).toEqual([]);
  });

  it('turns by quarters', () => {
    expect(turnFilters(bytes(quarterTurnMatrix(1)))).toEqual(['transpose=clock']);
    expect(turnFilters(bytes(quarterTurnMatrix(2)))).toEqual(['hflip', 'vflip']);
    expect(turnFilters(bytes(quarterTurnMatrix(3)))).toEqual(['transpose=cclock']);
  });

  it('mirrors without turning', () => {
    const one = 1 << 16;
    expect(turnFilters(bytes([-one, 0, 0, 0, one, 0, 0, 0, 1 << 30]))).toEqual(['hflip']);
    expect(turnFilters(bytes([one, 0, 0, 0, -one, 0, 0, 0, 1 << 30]))).toEqual(['vflip']);
  });

  it('ignores a matrix that is no rotation', () => {
    expect(turnFilters(bytes([0, 0, 0, 0, 0, 0, 0, 0, 0]))).toEqual([]);
  });
});

describe('pictureGeometry', () => {
  it('stretches the side whose pixels are the wider ones', () => {
    expect(pictureGeometry(720, 576, 16 / 15, [], 1280)).toMatchObject({ width: 768, height: 576 });
    expect(pictureGeometry(512, 480, 15 / 16, [], 1280)).toMatchObject({ width: 512, height: 512 });
  });

  it('takes an unknown aspect for square pixels', () => {
    expect(pictureGeometry(33, 21, 0, [], 1280)).toMatchObject({ width: 33, height: 21 });
    expect(pictureGeometry(33, 21, Number.NaN, [], 1280)).toMatchObject({ width: 33, height: 21 });
  });

  it('swaps the sides of a picture on its side', () => {
    const geometry = pictureGeometry(3840, 2160, 1, ['transpose=clock'], 1280);
    expect(geometry).toMatchObject({ scaledWidth: 1280, scaledHeight: 720, width: 720, height: 1280 });
  });

  it('never exceeds the bound, never enlarges beyond the pixel aspect, and keeps the aspect to a pixel', () => {
    const side = fc.integer({ min: 2, max: 8000 });
    fc.assert(
      fc.property(side, side, fc.double({ min: 0.5, max: 2, noNaN: true }), (width, height, aspect) => {
        const geometry = pictureGeometry(width, height, aspect, [], 1280);
        expect(Math.max(geometry.width, geometry.height)).toBeLessThanOrEqual(
          Math.max(1280, Math.ceil(Math.max(width * aspect, height / aspect))),
        );
        if (Math.max(width, height) > 1280) {
          expect(Math.max(geometry.width, geometry.height)).toBeLessThanOrEqual(1280);
        }
        const display = (width * aspect) / height;
        const slack = 1 / Math.min(geometry.width, geometry.height);
        expect(Math.abs(Math.log(geometry.width / geometry.height / display))).toBeLessThanOrEqual(2 * slack);
      }),
    );
  });
});
