import { LokiError } from '../../errors.ts';
import type { LiveSession, LiveSessionParts, LiveSessionSpec } from './types.ts';

/**
 * Loads the avatar, binds the socket and begins to send the avatar at rest once `attach` says where to.
 *
 * @throws LokiError of the portrait; `INTERNAL` where the port can't be bound
 */
export async function createLiveSession(
  _parts: LiveSessionParts,
  _spec: LiveSessionSpec,
): Promise<LiveSession> {
  throw new LokiError('INTERNAL', 'The live session is not there yet.');
}
