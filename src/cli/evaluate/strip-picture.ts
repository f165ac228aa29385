import sharp from 'sharp';
import type { PictureRow } from './types.ts';

const QUALITY = 84;

/**
 * A strip as one picture (WebP): frames across; down, the driver and then every generator.
 *
 * @param rows at least one; all their pictures are of one size
 */
export async function stripPicture(rows: readonly PictureRow[]): Promise<Uint8Array> {
  const pictures = rows.map((row) =>
    row.pictures.map(({ jpeg }) => Buffer.from(jpeg.split(',')[1], 'base64')),
  );
  const { width, height } = await sharp(pictures[0][0]).metadata();
  const across = pictures.length * width;
  const down = pictures[0].length * height;
  return await sharp({ create: { width: across, height: down, channels: 3, background: '#ffffff' } })
    .composite(
      pictures.flatMap((column, x) =>
        column.map((input, y) => ({ input, left: x * width, top: y * height })),
      ),
    )
    .webp({ quality: QUALITY })
    .toBuffer();
}
