import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { checkInputFile } from '../codec/input-file.ts';
import { defaultFaceModelPaths } from '../track/face-models.ts';

/** What a prepared avatar depends on beside its picture. */
export interface AvatarBasis {
  readonly headSha256: string;
  /** Of `codeVersion`. */
  readonly codeVersion: string;
  /** Of `faceModelVersion`. */
  readonly faceModels: string;
}

/** Which prepared avatar: the same key always means the same pixels. */
export interface AvatarKey {
  /** SHA-256 of the picture file, hex. */
  readonly picture: string;
  readonly sizePx: number;
  /** SHA-256 of all the rest, hex. */
  readonly basis: string;
}

/** @throws LokiError INPUT_NOT_FOUND, INPUT_UNREADABLE */
export async function avatarKey(path: string, sizePx: number, basis: AvatarBasis): Promise<AvatarKey> {
  return { picture: await pictureHash(path), sizePx, basis: hashOf(JSON.stringify(basis)) };
}

/** @throws LokiError INPUT_NOT_FOUND, INPUT_UNREADABLE */
export async function pictureHash(path: string): Promise<string> {
  await checkInputFile(path, 'a picture');
  return hashOf(await readFile(path));
}

/** Which networks the tracker will find, without loading them. */
export async function faceModelVersion(): Promise<string> {
  for (const path of defaultFaceModelPaths()) {
    const found = await stat(path).catch(() => null);
    if (found !== null) return `${path}:${found.size}:${found.mtimeMs}`;
  }
  return 'none';
}

function hashOf(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
