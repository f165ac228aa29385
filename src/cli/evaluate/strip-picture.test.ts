import sharp from 'sharp';
import { expect, it } from 'vitest';
import { stripPicture } from './strip-picture.ts';

async function flat(colour: string): Promise<string> {
  const jpeg = await sharp({ create: { width: 16, height: 24, channels: 3, background: colour } })
    .jpeg()
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}

it('lays frames across and generators down', async () => {
  const row = async (sequence: number, driver: string, avatar: string) => ({
    caption: '',
    sequence,
    pictures: [
      { label: 'driver', jpeg: await flat(driver) },
      { label: 'geometric', jpeg: await flat(avatar) },
    ],
  });
  const strip = await stripPicture([await row(0, '#ff0000', '#00ff00'), await row(9, '#0000ff', '#ffffff')]);
  const { data, info } = await sharp(strip).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([32, 48]);
  const at = (x: number, y: number) =>
    [...data.subarray((y * 32 + x) * 3, (y * 32 + x) * 3 + 3)].map((v) => (v > 128 ? 1 : 0));
  expect([at(8, 12), at(8, 36), at(24, 12), at(24, 36)]).toEqual([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [1, 1, 1],
  ]);
});
