/**
 * Child process that looks at one uploaded picture, so that no stranger's bytes are decoded in the gateway. Writes a
 * clean copy (upright, sRGB, at most 4096 pixels, no metadata: phones write the place into it) and a thumbnail.
 */
import sharp from 'sharp';
import { LokiError } from '../../errors.ts';
import { readPicture } from '../../reenact/identity/portrait.ts';
import { lowerThreadPriority } from '../../reenact/thread-priority.ts';
import type { PictureAnswer, PictureOrder } from './prepare-picture.ts';

const THUMBNAIL_PX = 256;
/** Who uploads a picture waits for it; who watches should not. */
const NICE = 5;

lowerThreadPriority(NICE);

process.once('message', async (order: PictureOrder) => {
  let answer: PictureAnswer;
  try {
    answer = { ok: true, ...(await prepare(order)) };
  } catch (error) {
    const code = error instanceof LokiError ? error.code : 'INPUT_UNREADABLE';
    answer = { ok: false, code };
  }
  process.send?.(answer, () => process.disconnect());
});

async function prepare({ upload, picture, thumbnail, maxPixels }: PictureOrder) {
  const {
    width,
    height,
    pages = 1,
  } = await sharp(upload, { limitInputPixels: maxPixels })
    .metadata()
    .catch((cause: Error) => {
      const code = /pixel limit/i.test(cause.message) ? 'INPUT_TOO_LARGE' : 'INPUT_UNREADABLE';
      throw new LokiError(code, cause.message, { cause });
    });
  if (width * height * pages > maxPixels) throw new LokiError('INPUT_TOO_LARGE', 'Too many pixels.');
  const { image } = await readPicture(upload);
  const raw = { width: image.width, height: image.height, channels: 4 as const };
  const decoded = () => sharp(image.data, { raw }).removeAlpha();
  await decoded().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toFile(picture);
  await decoded()
    .resize(THUMBNAIL_PX, THUMBNAIL_PX, { fit: 'cover', position: 'attention' })
    .webp({ quality: 82 })
    .toFile(thumbnail);
  return { widthPx: image.width, heightPx: image.height };
}
