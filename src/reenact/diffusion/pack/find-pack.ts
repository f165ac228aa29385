import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Packs that ship with the project are known by their names. */
const SHIPPED = fileURLToPath(new URL('../../../../models/packs/', import.meta.url));

/** Name of the pack that ships. */
export const NANO = 'nano';

/**
 * Folder of a pack by its shipped name or by a path. A plain word is a name; anything with a separator, or that begins
 * with a dot, is a path.
 *
 * @param base folder that relative paths count from
 */
export function packFolder(nameOrPath: string, base: string): string {
  if (/^[\w][\w-]*$/.test(nameOrPath)) return resolve(SHIPPED, nameOrPath);
  return isAbsolute(nameOrPath) ? nameOrPath : resolve(base, nameOrPath);
}
