import { basename } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { LokiError } from '../../errors.ts';
import { checkInputFile } from '../codec/input-file.ts';
import type { RgbaImage } from '../frame.ts';
import type { FaceBox, FaceTracker, TrackedFace } from '../track/types.ts';

/** Larger pictures are refused before they are decoded. */
const MAX_PIXELS = 50_000_000;
/** Larger ones are scaled down on loading: more than this is never used of a face. */
const MAX_SIDE_PX = 4096;
/** Below this, a face has too little detail to be anybody. */
const MIN_FACE_PX = 80;
/** Closed on purpose: SVG, PDF and the like are programs, not pictures. */
const FORMATS: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'heif', 'tiff', 'gif', 'jp2', 'jxl']);

/** Side of the crop, in heights of the face (forehead to chin): hair above, shoulders below. */
const CROP_FACE_HEIGHTS = 2.6;
/** Centre of the crop above the chin, in heights of the face. */
const CENTRE_ABOVE_CHIN = 0.35;

export interface PortraitOptions {
  /** Side of the result in pixels. */
  readonly size: number;
  /** Take the largest of several faces instead of refusing. */
  readonly largestFace?: boolean;
}

export interface Portrait {
  /** `[size, size]`, the face with hair and shoulders, opaque sRGB. */
  readonly image: RgbaImage;
  /** Where that lies in the picture, after its EXIF rotation. */
  readonly crop: SquareCrop;
  readonly faceCount: number;
}

/** Pixels of the picture that is cropped. */
export interface SquareCrop {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

/**
 * Reads a picture, finds the one face in it and cuts it out.
 * @throws LokiError INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_TOO_LARGE, NO_FACE, SEVERAL_FACES, FACE_TOO_SMALL
 */
export async function loadPortrait(
  path: string,
  tracker: FaceTracker,
  options: PortraitOptions,
): Promise<Portrait> {
  const { image, scale } = await readPicture(path);
  const name = basename(path);
  const faces = await confirmedFaces(image, tracker);
  if (faces.length === 0) {
    throw new LokiError(
      'NO_FACE',
      `${name} shows no face that can be made out: choose one seen from the front.`,
    );
  }
  if (faces.length > 1 && options.largestFace !== true) {
    throw new LokiError(
      'SEVERAL_FACES',
      `${name} shows ${faces.length} faces: crop it to one, or add --largest-face to take the largest.`,
    );
  }
  const bounds = landmarkBounds(faces[0]);
  const facePx = Math.round((bounds.bottom - bounds.top) / scale);
  if (facePx < MIN_FACE_PX) {
    throw new LokiError(
      'FACE_TOO_SMALL',
      `The face in ${name} is only ${facePx} pixels high: choose a picture in which it has at least ${MIN_FACE_PX}.`,
    );
  }
  const crop = cropAroundFace(image.width, image.height, bounds);
  return { image: await cutOut(image, crop, options.size), crop, faceCount: faces.length };
}

/**
 * Decodes a picture to opaque 8-bit sRGB, upright, its longer side at most 4096 px; transparent parts lie over
 * neutral grey. `scale` is the result's size over the file's.
 * @throws LokiError INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_TOO_LARGE
 */
export async function readPicture(path: string): Promise<{ image: RgbaImage; scale: number }> {
  const name = basename(path);
  await checkInputFile(path, 'a picture');
  // Only what libvips calls an error counts: it warns of much that every viewer shows.
  const picture = sharp(path, { limitInputPixels: MAX_PIXELS, failOn: 'error' });
  const { width, height } = await headerOf(picture, name);
  try {
    const { data, info } = await picture
      .autoOrient()
      .resize(MAX_SIDE_PX, MAX_SIDE_PX, { fit: 'inside', kernel: 'lanczos3', withoutEnlargement: true })
      .flatten({ background: '#808080' })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const scale = Math.max(info.width, info.height) / Math.max(width, height);
    return { image: { width: info.width, height: info.height, data }, scale };
  } catch (cause) {
    throw new LokiError('INPUT_UNREADABLE', `${name} is damaged or of a kind that cannot be read.`, {
      cause,
    });
  }
}

/**
 * The square around a face: 2.6 times as high as the face, its centre a little above the chin, moved and then
 * shrunk as far as the picture demands, so that it never reaches beyond the picture.
 */
export function cropAroundFace(imageWidth: number, imageHeight: number, face: FaceBounds): SquareCrop {
  const faceHeight = face.bottom - face.top;
  const side = Math.max(1, Math.round(Math.min(CROP_FACE_HEIGHTS * faceHeight, imageWidth, imageHeight)));
  const centreX = (face.left + face.right) / 2;
  // A square that has shrunk may not hold hair and shoulders any more; the face itself comes first.
  const wantedY = face.bottom - CENTRE_ABOVE_CHIN * faceHeight - side / 2;
  const y = Math.min(Math.max(wantedY, face.bottom - side), Math.max(face.top, face.bottom - side));
  return {
    x: clamp(Math.round(centreX - side / 2), 0, imageWidth - side),
    y: clamp(Math.round(y), 0, imageHeight - side),
    side,
  };
}

/** Edges in pixels of the picture. */
export interface FaceBounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Extent of a face's landmarks: from the top of the forehead to the chin. */
export function landmarkBounds({ landmarks, points }: TrackedFace): FaceBounds {
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (let point = 0; point < points; point++) {
    const x = landmarks[point * 3];
    const y = landmarks[point * 3 + 1];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { left, top, right, bottom };
}

/** The part of a picture, scaled to `size` by `size` with a Lanczos kernel. */
export async function cutOut(image: RgbaImage, crop: SquareCrop, size: number): Promise<RgbaImage> {
  const { width, height, data } = image;
  const cut = await sharp(data, { raw: { width, height, channels: 4 } })
    .extract({ left: crop.x, top: crop.y, width: crop.side, height: crop.side })
    .resize(size, size, { kernel: 'lanczos3' })
    .raw()
    .toBuffer();
  return { width: size, height: size, data: cut };
}

/** Faces that the mesh network agrees with, largest first: the detector alone sees faces in folds and frames. */
async function confirmedFaces(image: RgbaImage, tracker: FaceTracker): Promise<TrackedFace[]> {
  const boxes: FaceBox[] = await tracker.detect(image);
  const faces: TrackedFace[] = [];
  for (const box of boxes) {
    const face = await tracker.trackStill(image, box);
    if (face !== null) faces.push(face);
  }
  return faces;
}

async function headerOf(picture: Sharp, name: string): Promise<{ width: number; height: number }> {
  let header: { format?: string; width: number; height: number };
  try {
    header = await picture.metadata();
  } catch (cause) {
    if (/pixel limit/i.test(String(cause))) {
      throw new LokiError(
        'INPUT_TOO_LARGE',
        `${name} has more than 50 million pixels: scale it down first.`,
        {
          cause,
        },
      );
    }
    throw new LokiError('INPUT_UNREADABLE', `${name} is not a picture.`, { cause });
  }
  const { format, width, height } = header;
  if (format === undefined || !FORMATS.has(format)) {
    throw new LokiError('INPUT_UNREADABLE', `${name} is not a picture (JPEG, PNG, WebP, AVIF, TIFF or GIF).`);
  }
  if (width * height > MAX_PIXELS) {
    throw new LokiError(
      'INPUT_TOO_LARGE',
      `${name} is ${width}x${height}, more than 50 million pixels: scale it down first.`,
    );
  }
  return { width, height };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
