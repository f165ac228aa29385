import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { LokiError } from '../../errors.ts';

/**
 * Refuses a path that cannot be an input of any kind, before a decoder is asked.
 * @param what for the sentence about a folder: `a video`, `a picture`
 * @throws LokiError INPUT_NOT_FOUND, INPUT_UNREADABLE
 */
export async function checkInputFile(path: string, what: string): Promise<void> {
  try {
    const entry = await stat(path);
    if (entry.isDirectory()) throw new LokiError('INPUT_UNREADABLE', `${path} is a folder, not ${what}.`);
    if (entry.size === 0 && entry.isFile()) {
      throw new LokiError('INPUT_UNREADABLE', `${basename(path)} is empty.`);
    }
  } catch (error) {
    if (error instanceof LokiError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new LokiError('INPUT_NOT_FOUND', `There is no file ${path}.`);
    }
    throw new LokiError('INPUT_UNREADABLE', `${path} cannot be read: ${code}.`, { cause: error });
  }
}
