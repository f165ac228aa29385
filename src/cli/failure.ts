import { LokiError } from '../errors.ts';

/** Prints what went wrong and returns the exit status: one sentence, and the stack only where it is asked for. */
export function reportFailure(error: unknown, verbose: boolean, write: (text: string) => void): number {
  const known =
    error instanceof LokiError
      ? error
      : new LokiError('INTERNAL', 'Something went wrong inside the program: run it again with --verbose.', {
          cause: error,
        });
  write(`${known.message} (${known.code})\n`);
  if (verbose) {
    for (let at: unknown = known; at instanceof Error; at = at.cause) write(`${at.stack ?? at.message}\n`);
  }
  return known.exitCode;
}
