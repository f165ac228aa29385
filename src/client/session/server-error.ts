import { SignalingError } from '../../sfu/signaling/client.ts';

/** An error as the server words it (`{ code, message }` of the REST interface), or one of the client's own codes. */
export class ServerError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ServerError';
    this.code = code;
  }
}

/** The code of anything thrown: the server's, a DOM exception's name, or `INTERNAL`. */
export function errorCode(error: unknown): string {
  if (error instanceof ServerError || error instanceof SignalingError) return error.code;
  if (error instanceof DOMException) return error.name;
  return 'INTERNAL';
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
