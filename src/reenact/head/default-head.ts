import { fileURLToPath } from 'node:url';

/** The open head that ships with the project. */
export const DEFAULT_HEAD_PATH = fileURLToPath(
  new URL('../../../models/head/open-head.bin', import.meta.url),
);

/** Where the landmark embedding of a head file lies: beside it. */
export function embeddingPathOf(headPath: string): string {
  return `${headPath.replace(/\.bin$/, '')}.landmarks.json`;
}
