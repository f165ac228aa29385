// node textures.mjs MAX_PX < JSON list of [from, to]: scales pictures down and writes WebP.
import { readFileSync } from 'node:fs';
import sharp from 'sharp';

const maxPx = Number(process.argv[2]);
for (const [from, to] of JSON.parse(readFileSync(0, 'utf8'))) {
  await sharp(from)
    .resize(maxPx, maxPx, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 82, alphaQuality: 85, effort: 6 })
    .toFile(to);
}
