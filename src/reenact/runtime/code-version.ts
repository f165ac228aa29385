import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const REENACT = fileURLToPath(new URL('..', import.meta.url));
/** What a prepared avatar depends on. */
const FOLDERS = ['fit', 'geometric', 'head', 'identity', 'raster', 'track'];
/** The last three make what a pack's keys and values of an avatar are made of. */
const FILES = [
  'avatar.ts',
  'session.ts',
  'diffusion/face-window.ts',
  'diffusion/portrait-input.ts',
  'diffusion/window-raster.ts',
];

/**
 * Hash of the sources that make an avatar, hex: one that other code has made looks different, or can't be read.
 * There is no build step, so the sources are always there; a version counted by hand would be forgotten.
 */
export async function codeVersion(): Promise<string> {
  const lists = await Promise.all(FOLDERS.map((folder) => sourcesIn(join(REENACT, folder))));
  const paths = [...lists.flat(), ...FILES.map((name) => join(REENACT, name))].sort();
  const texts = await Promise.all(paths.map((path) => readFile(path)));
  const hash = createHash('sha256');
  paths.forEach((path, i) => {
    hash.update(`${relative(REENACT, path)}\0${texts[i].length}\0`).update(texts[i]);
  });
  return hash.digest('hex');
}

async function sourcesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}
