import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RgbaImage } from '../reenact/frame.ts';
import { avatarPanel, ComparePicture, compareLayout } from './compare-picture.ts';
import { drawText } from './label.ts';

function flat(width: number, height: number, colour: readonly [number, number, number]): RgbaImage {
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < data.length; i += 4) data.set([...colour, 255], i);
  return { width, height, data };
}

describe('compareLayout', () => {
  it('gives three panels of one height that do not overlap, in an even width', () => {
    const side = fc.integer({ min: 16, max: 1280 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 64, max: 512 }), (width, height, half) => {
        const layout = compareLayout(width, height, half * 2);
        expect(layout.width % 2).toBe(0);
        expect(layout.driver.x).toBe(0);
        expect(layout.map.x).toBeGreaterThan(layout.driver.width);
        expect(layout.avatar.x).toBeGreaterThan(layout.map.x + layout.map.width);
        expect(layout.avatar.x + layout.avatar.width).toBe(layout.width);
        expect(Math.abs(layout.driver.width - (width * half * 2) / height)).toBeLessThanOrEqual(1.5);
      }),
    );
  });
});

describe('ComparePicture', () => {
  const layout = compareLayout(160, 90, 128);
  const compose = () =>
    new ComparePicture(layout).compose(
      flat(160, 90, [200, 0, 0]),
      flat(64, 64, [0, 200, 0]),
      flat(128, 128, [0, 0, 200]),
    );
  const pixel = ({ data, width }: RgbaImage, x: number, y: number) => [
    ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3),
  ];

  it('shows driver, map and avatar from left to right, each filling its panel', () => {
    const picture = compose();
    for (const [panel, colour] of [
      [layout.driver, [200, 0, 0]],
      [layout.map, [0, 200, 0]],
      [layout.avatar, [0, 0, 200]],
    ] as const) {
      expect(pixel(picture, panel.x, 0)).toEqual(colour);
      expect(pixel(picture, panel.x + panel.width - 1, 60)).toEqual(colour);
    }
  });

  it('names each panel in light letters at its lower left', () => {
    const picture = compose();
    for (const { x, width } of [layout.driver, layout.map, layout.avatar]) {
      let light = 0;
      for (let y = 100; y < 128; y++) {
        for (let column = x; column < x + width / 2; column++) {
          if (Math.min(...pixel(picture, column, y)) > 200) light++;
        }
      }
      expect(light).toBeGreaterThan(20);
    }
  });

  it('gives the avatar back when it is cut out', () => {
    const avatar = flat(128, 128, [0, 0, 200]);
    for (let i = 0; i < avatar.data.length / 2; i++) avatar.data[i] = i % 4 === 3 ? 255 : i % 251;
    const picture = new ComparePicture(layout).compose(
      flat(160, 90, [9, 9, 9]),
      flat(64, 64, [9, 9, 9]),
      avatar,
    );
    const cut = avatarPanel(picture, layout);
    expect([cut.width, cut.height]).toEqual([128, 128]);
    // The label lies on the lower rows.
    const rows = 90 * 128 * 4;
    expect(Buffer.compare(cut.data.subarray(0, rows), avatar.data.subarray(0, rows))).toBe(0);
  });
});

describe('drawText', () => {
  it('draws letters of full opacity with soft edges inside its bounds', () => {
    const { width, height, opacity } = drawText('Driver map', 12);
    expect(opacity.length).toBe(width * height);
    expect(Math.max(...opacity)).toBe(1);
    expect(opacity.some((value) => value > 0.1 && value < 0.9)).toBe(true);
    for (let x = 0; x < width; x++) expect(opacity[(height - 1) * width + x]).toBeLessThan(0.6);
  });

  it('refuses a letter that it has no shape for', () => {
    expect(() => drawText('Ω', 12)).toThrow(RangeError);
  });
});
