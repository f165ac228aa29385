import { readFile } from 'node:fs/promises';
import { LokiError } from '../../errors.ts';
import { parseHeadFile } from './head-file.ts';
import type { HeadModel } from './head-model.ts';

/**
 * Reads the head file at `path`.
 *
 * @throws LokiError `MODEL_MISSING` where there is no such file, `MODEL_INVALID` with the reason where it can't be
 *   used.
 */
export async function loadHeadModel(path: string): Promise<HeadModel> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw missing
      ? new LokiError('MODEL_MISSING', `There is no head file at ${path}.`, { cause })
      : new LokiError('MODEL_INVALID', `The head file ${path} can't be read: ${(cause as Error).message}.`, {
          cause,
        });
  }
  try {
    return parseHeadFile(bytes);
  } catch (cause) {
    if (!(cause instanceof LokiError)) throw cause;
    throw new LokiError(cause.code, cause.message.replace('The head file', `The head file ${path}`), {
      cause,
    });
  }
}
