import { encodeHeadFile } from '../encode-head-file.ts';
import { parseHeadFile } from '../head-file.ts';
import { readFlameArrays } from './flame-arrays.ts';
import { type FlameHeadOptions, flameHead } from './flame-head.ts';

/**
 * A head file made from a FLAME model: the user's own `.pkl` or `.npz` (2017, 2020, 2023, 2023 Open).
 *
 * @throws LokiError `MODEL_INVALID` where the bytes are no FLAME model
 */
export function importFlame(bytes: Uint8Array, options: FlameHeadOptions = {}): Uint8Array {
  const file = encodeHeadFile(flameHead(readFlameArrays(bytes), options));
  // What is written must load: the importer's own checks and the loader's are not the same.
  parseHeadFile(file);
  return file;
}
