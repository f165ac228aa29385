import { LokiError } from '../errors.ts';

/** Whatever a mediasoup call or the reenactment rejects with, as an error for users. */
export function asLokiError(error: unknown): LokiError {
  if (error instanceof LokiError) return error;
  return new LokiError('INTERNAL', 'Something went wrong in the server.', { cause: error });
}
