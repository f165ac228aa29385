import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import sharp from 'sharp';
import type { RgbaImage } from '../frame.ts';
import { outputError, PartFile } from './part-file.ts';

/** Writes `content` so that the target is either whole or as before. @throws LokiError OUTPUT_NOT_WRITABLE, DISK_FULL */
export async function writeWhole(target: string, content: string | Uint8Array): Promise<void> {
  const part = await PartFile.create(target);
  try {
    await writeFile(part.path, content);
  } catch (error) {
    await part.discard();
    throw outputError(target, error);
  }
  await part.commit();
}

/** Writes one picture, JPEG for `.jpg` and `.jpeg`, PNG otherwise. @throws LokiError OUTPUT_NOT_WRITABLE, DISK_FULL */
export async function writeStill(image: RgbaImage, target: string): Promise<void> {
  const { width, height, data } = image;
  const picture = sharp(data, { raw: { width, height, channels: 4 } });
  const jpeg = /^\.jpe?g$/i.test(extname(target));
  const encoded = jpeg ? picture.flatten().jpeg({ quality: 92 }) : picture.png();
  await writeWhole(target, await encoded.toBuffer());
}
