import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { builtinAvatars as catalogue } from '../builtin-media.ts';
import { LokiError } from '../errors.ts';

export { BUILTIN_DRIVER_PATH } from '../builtin-media.ts';

/** Ids of the avatars that ship with the project, and where their pictures are. */
export function builtinAvatars(): ReadonlyMap<string, string> {
  return new Map(catalogue().map(({ id, path }) => [id, path]));
}

/**
 * Path of an avatar's picture. A bare word is an id first; anything that looks like a path is one.
 * @throws LokiError INPUT_NOT_FOUND for a bare word that is neither an id nor a file here
 */
export function avatarPath(idOrPath: string, folder: string): string {
  const avatars = builtinAvatars();
  const builtin = avatars.get(idOrPath);
  if (builtin !== undefined) return builtin;
  if (/^[\w-]+$/.test(idOrPath) && !readdirSync(folder).includes(idOrPath)) {
    const known = [...avatars.keys()].join(', ') || 'none';
    throw new LokiError(
      'INPUT_NOT_FOUND',
      `There is no picture and no built-in avatar called ${idOrPath} (built in: ${known}).`,
    );
  }
  return resolve(folder, idOrPath);
}
