import sharp from 'sharp';
import type { PortraitCheck } from '../../contract/live-session.ts';
import { type ErrorCode, LokiError } from '../../errors.ts';
import { loadPortrait } from '../identity/portrait.ts';
import type { FaceTracker } from '../track/types.ts';

/** What the person who uploads reads: neither the server's file name nor an option of the command line helps them. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  INPUT_NOT_FOUND: 'The picture is not there any more: upload it again.',
  INPUT_UNREADABLE: 'This is no picture that can be read: use a JPEG, PNG, WebP, AVIF or TIFF file.',
  INPUT_TOO_LARGE: 'The picture has more than 50 million pixels: scale it down first.',
  NO_FACE: 'No face can be made out in this picture: choose one seen from the front.',
  SEVERAL_FACES: 'The picture shows more than one face: crop it to one.',
  FACE_TOO_SMALL: 'The face in this picture is too small: it should be at least 80 pixels high.',
};

const CHECK_SIZE_PX = 64;

/** Looks whether a picture can become an avatar. */
export async function checkPortrait(path: string, tracker: FaceTracker): Promise<PortraitCheck> {
  try {
    await loadPortrait(path, tracker, { size: CHECK_SIZE_PX });
    const { autoOrient } = await sharp(path).metadata();
    return { ok: true, widthPx: autoOrient.width, heightPx: autoOrient.height };
  } catch (error) {
    if (!(error instanceof LokiError)) throw error;
    return { ok: false, ...portraitRefusal(error) };
  }
}

/** The error in words for whoever chose the picture. */
export function portraitRefusal({ code, message }: LokiError): { code: ErrorCode; message: string } {
  return { code, message: MESSAGES[code] ?? message };
}
