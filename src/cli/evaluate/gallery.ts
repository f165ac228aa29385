import sharp from 'sharp';
import { openVideo } from '../../reenact/codec/open-video.ts';
import type { RgbaImage } from '../../reenact/frame.ts';
import type { Judgement } from './judge.ts';
import type { CaseGallery, PictureRow } from './types.ts';

/** Frames of the strip over the whole clip. */
const STRIP_FRAMES = 6;
const SHOWN_PX = 240;
const QUALITY = 82;

interface Chosen {
  readonly sequence: number;
  readonly caption: string;
}

interface Shown {
  readonly name: string;
  readonly videoPath: string;
}

/**
 * Pictures of a case, taken from the written videos: a strip over the clip, and for every generator the frames in which
 * its head, its expression and (where there is truth) its mouth are worst.
 *
 * @param sequences of the frames that the judgements are about
 */
export async function galleryOf(
  echoPath: string,
  generators: readonly Shown[],
  judgements: readonly Judgement[],
  sequences: readonly number[],
): Promise<CaseGallery> {
  const strip: Chosen[] = Array.from({ length: Math.min(STRIP_FRAMES, sequences.length) }, (_, k) => {
    const sequence =
      sequences[Math.floor(((k + 0.5) * sequences.length) / Math.min(STRIP_FRAMES, sequences.length))];
    return { sequence, caption: `frame ${sequence}` };
  });
  const worst = generators.flatMap(({ name }, g) => worstOf(name, judgements[g], sequences));
  const wanted = new Set([...strip, ...worst].map(({ sequence }) => sequence));
  const videos = [{ name: 'driver', videoPath: echoPath }, ...generators];
  const pictures = await Promise.all(videos.map(({ videoPath }) => picturesOf(videoPath, wanted)));
  const rowOf = ({ sequence, caption }: Chosen): PictureRow => ({
    caption,
    sequence,
    pictures: videos.map(({ name }, v) => ({ label: name, jpeg: pictures[v].get(sequence) ?? '' })),
  });
  return { strip: strip.map(rowOf), worst: worst.map(rowOf) };
}

function worstOf(name: string, judgement: Judgement, sequences: readonly number[]): Chosen[] {
  const { trajectory, headPoseDegOf } = judgement;
  return [
    pick(headPoseDegOf, 1, (value) => `${name}: head ${value.toFixed(1)}° off`),
    pick(trajectory.expressionMm, 1, (value) => `${name}: expression ${value.toFixed(2)} mm off`),
    pick(trajectory.mouthPsnrDb, -1, (value) => `${name}: mouth ${value.toFixed(1)} dB`),
    pick(
      judgement.samples.map((sample) => (sample === null ? 1 : null)),
      1,
      () => `${name}: no face was found`,
    ),
  ].flatMap((chosen) => (chosen === null ? [] : [{ ...chosen, sequence: sequences[chosen.at] }]));
}

/** The largest value, or with `sign` -1 the least. */
function pick(
  values: readonly (number | null)[],
  sign: 1 | -1,
  caption: (value: number) => string,
): { at: number; caption: string } | null {
  let at = -1;
  let best = Number.NEGATIVE_INFINITY;
  for (const [i, value] of values.entries())
    if (value !== null && sign * value > best) {
      best = sign * value;
      at = i;
    }
  return at < 0 ? null : { at, caption: caption(sign * best) };
}

/** Some frames of a video as small JPEG in data URIs, by their number. */
async function picturesOf(path: string, wanted: ReadonlySet<number>): Promise<Map<number, string>> {
  const pictures = new Map<number, string>();
  const video = await openVideo(path);
  try {
    for await (const frame of video.frames())
      if (wanted.has(frame.sequence)) pictures.set(frame.sequence, await toJpeg(frame.image));
  } finally {
    await video.close();
  }
  return pictures;
}

async function toJpeg({ width, height, data }: RgbaImage): Promise<string> {
  const jpeg = await sharp(data, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .resize(SHOWN_PX, SHOWN_PX, { fit: 'inside' })
    .jpeg({ quality: QUALITY, mozjpeg: true })
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}
