import { describe, expect, it } from 'vitest';
import type { RgbaImage } from '../frame.ts';
import { LiveVideoDecoder } from './live-video-decoder.ts';
import { LiveVideoEncoder } from './live-video-encoder.ts';

const UPRIGHT = { rotationDeg: 0, flip: false } as const;

/** A picture with one bright corner block, so that turns show. */
function picture(width: number, height: number, shade: number): RgbaImage {
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const value = x < width / 2 && y < height / 2 ? 230 : 40 + ((x + y + shade) % 60);
      data.fill(value, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  return { width, height, data };
}

function brightness({ width, data }: RgbaImage, x: number, y: number): number {
  return data[(y * width + x) * 4];
}

for (const codec of ['VP8', 'H264'] as const) {
  describe(`live ${codec}`, () => {
    it('gives a packet a frame, key frames only when asked, and pictures like those that went in', async () => {
      const encoder = await LiveVideoEncoder.open({
        codec,
        width: 320,
        height: 192,
        fps: 25,
        bitrateBps: 1_000_000,
      });
      const decoder = await LiveVideoDecoder.open({ codec, maxSidePx: 640 });
      const keys: boolean[] = [];
      for (let i = 0; i < 12; i++) {
        const source = picture(320, 192, i);
        const encoded = (await encoder.encode(source, i * 3600, i === 7))!;
        keys.push(encoded.key);
        const decoded = (await decoder.decode(encoded.data, UPRIGHT))!;
        expect([decoded.width, decoded.height]).toEqual([320, 192]);
        expect(Math.abs(brightness(decoded, 40, 40) - 230)).toBeLessThan(8);
        expect(Math.abs(brightness(decoded, 250, 150) - brightness(source, 250, 150))).toBeLessThan(40);
      }
      expect(keys).toEqual(Array.from({ length: 12 }, (_, i) => i === 0 || i === 7));
      await encoder.close();
      await decoder.close();
      await decoder.close();
    });

    it('keeps to its bitrate', async () => {
      const bitrateBps = 600_000;
      const encoder = await LiveVideoEncoder.open({ codec, width: 256, height: 256, fps: 25, bitrateBps });
      const data = new Uint8Array(256 * 256 * 4);
      let seed = 1;
      let bytes = 0;
      for (let i = 0; i < 75; i++) {
        // Half of the picture is new noise every frame.
        for (let p = 0; p < data.length / 2; p++) data[p] = (seed = (seed * 48271) % 2147483647) & 255;
        bytes += (await encoder.encode({ width: 256, height: 256, data }, i * 3600, false))?.data.length ?? 0;
      }
      await encoder.close();
      expect((bytes * 8) / 3).toBeLessThan(bitrateBps * 1.6);
      expect((bytes * 8) / 3).toBeGreaterThan(bitrateBps * 0.4);
    });

    it('bounds the size, applies the turn, follows a new size, and survives garbage', async () => {
      const decoder = await LiveVideoDecoder.open({ codec, maxSidePx: 320 });
      const encodeOne = async (width: number, height: number): Promise<Uint8Array> => {
        const encoder = await LiveVideoEncoder.open({ codec, width, height, fps: 25, bitrateBps: 1e6 });
        const encoded = (await encoder.encode(picture(width, height, 0), 0, true))!;
        await encoder.close();
        return encoded.data;
      };
      const wide = await encodeOne(640, 384);
      const turned = (await decoder.decode(wide, { rotationDeg: 90, flip: false }))!;
      expect([turned.width, turned.height]).toEqual([192, 320]);
      // The bright top left corner goes to the top right.
      expect(brightness(turned, 150, 60)).toBeGreaterThan(200);
      expect(brightness(turned, 40, 60)).toBeLessThan(150);
      expect(
        await decoder
          .decode(
            Uint8Array.from(wide, (byte, i) => (i % 3 === 0 ? byte ^ 0x5a : byte)),
            UPRIGHT,
          )
          .catch(() => 'thrown'),
      ).not.toBe('thrown');
      expect(await decoder.decode(Uint8Array.of(1, 2, 3), UPRIGHT)).toBeNull();
      const small = (await decoder.decode(await encodeOne(160, 96), UPRIGHT))!;
      expect([small.width, small.height]).toEqual([160, 96]);
      await decoder.close();
      expect(await decoder.decode(wide, UPRIGHT)).toBeNull();
    });
  });
}
