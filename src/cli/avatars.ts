import { readdirSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LokiError } from '../errors.ts';

const BUILTIN_FOLDER = fileURLToPath(new URL('../../models/builtin/', import.meta.url));
const AVATAR_FOLDER = join(BUILTIN_FOLDER, 'avatars');
const PICTURES = new Set(['.png', '.jpg', '.jpeg', '.webp']);

/** The clip of a driver that ships with the project. */
export const BUILTIN_DRIVER_PATH = join(BUILTIN_FOLDER, 'driver.mp4');

/** Ids of the avatars that ship with the project, and where their pictures are. */
export function builtinAvatars(): ReadonlyMap<string, string> {
  let names: string[];
  try {
    names = readdirSync(AVATAR_FOLDER).sort();
  } catch {
    names = [];
  }
  return new Map(
    names
      .map((name) => parse(name))
      .filter(({ ext }) => PICTURES.has(ext.toLowerCase()))
      .map(({ name, base }) => [name, join(AVATAR_FOLDER, base)]),
  );
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
