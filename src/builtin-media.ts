import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const FOLDER = fileURLToPath(new URL('../models/builtin/', import.meta.url));
const AVATAR_FOLDER = join(FOLDER, 'avatars');

/** The clip of a driver that ships with the project. */
export const BUILTIN_DRIVER_PATH = join(FOLDER, 'driver.mp4');

/** An avatar that ships with the project. */
export interface BuiltinAvatar {
  readonly id: string;
  readonly name: string;
  /** What the picture shows. */
  readonly alt: string;
  readonly path: string;
}

const catalogue = z.array(z.object({ id: z.string(), name: z.string(), alt: z.string(), file: z.string() }));

/** The avatars that ship with the project, in the order of the gallery; none where the folder is missing. */
export function builtinAvatars(): BuiltinAvatar[] {
  let text: string;
  try {
    text = readFileSync(join(AVATAR_FOLDER, 'avatars.json'), 'utf8');
  } catch {
    return [];
  }
  return catalogue
    .parse(JSON.parse(text))
    .map(({ id, name, alt, file }) => ({ id, name, alt, path: join(AVATAR_FOLDER, file) }));
}
