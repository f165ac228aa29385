import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyRequest } from 'fastify';
import type { Reenactment } from '../../contract/live-session.ts';
import { ERROR_CODES, type ErrorCode, LokiError } from '../../errors.ts';
import { uploadFields } from '../api/schemas.ts';
import { type AvatarStore, PICTURE_FILE, type StoredAvatar, THUMBNAIL_FILE } from './avatar-store.ts';
import type { PicturePreparer } from './prepare-picture.ts';

/** What whoever uploads a portrait agrees to, word for word as it is recorded. */
export const CONSENT_STATEMENT =
  'The person in this picture is me, or has agreed that it is uploaded here and shown moving, speaking and ' +
  'looking about as somebody else does. I may be asked to prove it.';

export interface UploadContext {
  readonly store: AvatarStore;
  readonly preparer: PicturePreparer;
  readonly reenactment: Pick<Reenactment, 'checkPortrait'>;
  readonly maxPixels: number;
}

export interface Uploader {
  /** Who says so, where the form does not. */
  readonly agreedBy: string;
  /** Room whose people see the avatar; null for everybody. */
  readonly room: string | null;
}

/**
 * Takes a multipart form with `picture`, `consent`, and perhaps `consentBy` and `name`; keeps the picture and its
 * consent record, or nothing at all.
 *
 * @throws LokiError CONSENT_MISSING, BAD_MESSAGE, INPUT_UNREADABLE, INPUT_TOO_LARGE, NO_FACE, SEVERAL_FACES,
 * FACE_TOO_SMALL, SERVER_BUSY
 */
export async function receiveAvatar(
  request: FastifyRequest,
  uploader: Uploader,
  { store, preparer, reenactment, maxPixels }: UploadContext,
): Promise<StoredAvatar> {
  const folder = await store.incoming();
  try {
    const upload = join(folder, 'upload');
    const { fields, fileName, sha256 } = await receiveForm(request, upload);
    const { name, consentBy } = checkFields(fields);
    const picture = join(folder, PICTURE_FILE);
    await preparer.prepare({ upload, picture, thumbnail: join(folder, THUMBNAIL_FILE), maxPixels });
    const check = await reenactment.checkPortrait(picture);
    if (!check.ok) throw new LokiError(knownCode(check.code), check.message);
    const kept = createHash('sha256');
    await pipeline(createReadStream(picture), kept);
    await store.discard(upload);
    return await store.adopt(
      folder,
      { name: name ?? nameOf(fileName), room: uploader.room },
      {
        statement: CONSENT_STATEMENT,
        agreedBy: consentBy ?? uploader.agreedBy,
        agreedAt: new Date().toISOString(),
        sha256: { upload: sha256, picture: kept.digest('hex') },
      },
    );
  } catch (error) {
    await store.discard(folder);
    throw error instanceof LokiError ? inOwnWords(error, maxPixels) : error;
  }
}

interface Form {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly fileName: string;
  readonly sha256: string;
}

async function receiveForm(request: FastifyRequest, path: string): Promise<Form> {
  const fields: Record<string, unknown> = {};
  let file: { name: string; sha256: string } | null = null;
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      fields[part.fieldname] = part.value;
      continue;
    }
    if (part.fieldname !== 'picture' || file !== null) {
      part.file.resume();
      throw new LokiError('BAD_MESSAGE', 'Send one file, in the part called picture.');
    }
    file = { name: part.filename, sha256: await save(part.file, path) };
    if (part.file.truncated) throw new LokiError('INPUT_TOO_LARGE', 'This file is too large.');
  }
  if (file === null) throw new LokiError('BAD_MESSAGE', 'Send the file in the part called picture.');
  return { fields, fileName: file.name, sha256: file.sha256 };
}

async function save(source: Readable, path: string): Promise<string> {
  const hash = createHash('sha256');
  source.on('data', (chunk: Buffer) => hash.update(chunk));
  await pipeline(source, createWriteStream(path, { mode: 0o600 }));
  return hash.digest('hex');
}

function checkFields(fields: Readonly<Record<string, unknown>>) {
  const parsed = uploadFields.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue.path[0] === 'consent') {
    throw new LokiError('CONSENT_MISSING', 'Tick that the person in the picture agrees, if they do.');
  }
  throw new LokiError('BAD_MESSAGE', `The field ${issue.path.join('.')}: ${issue.message}.`);
}

function knownCode(code: string): ErrorCode {
  return code in ERROR_CODES ? (code as ErrorCode) : 'INPUT_UNREADABLE';
}

/** The same refusals as of the command line, said to somebody who has a form before them. */
function inOwnWords(error: LokiError, maxPixels: number): LokiError {
  const words: Partial<Record<ErrorCode, string>> = {
    INPUT_UNREADABLE: 'This file is damaged or no picture: choose a JPEG, PNG, WebP, AVIF, TIFF or GIF.',
    NO_FACE: 'No face can be made out in this picture: choose one in which it is seen from the front.',
    SEVERAL_FACES: 'This picture shows more than one face: crop it to one.',
    FACE_TOO_SMALL:
      'The face in this picture is too small: choose one in which it is at least 80 pixels high.',
    ...(/file/.test(error.message)
      ? {}
      : {
          INPUT_TOO_LARGE: `This picture has more than ${Math.round(maxPixels / 1e6)} million pixels: scale it down first.`,
        }),
  };
  const message = words[error.code];
  return message === undefined ? error : new LokiError(error.code, message, { cause: error });
}

/** A name for the gallery out of a file name: `IMG_2041 (1).jpeg` becomes `IMG 2041 (1)`. */
function nameOf(fileName: string): string {
  const bare = fileName
    .replace(/\.[^.]*$/, '')
    .replace(/[^\p{L}\p{N}() -]+/gu, ' ')
    .trim();
  return bare.slice(0, 60) || 'Portrait';
}
