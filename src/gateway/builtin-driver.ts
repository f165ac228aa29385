import { LokiError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ClipPlayer } from './demo-room.ts';

/** Plays the built-in driver's clip, over and over. */
export async function startBuiltinDriver(_log: Logger): Promise<ClipPlayer> {
  throw new LokiError('INTERNAL', 'There is no player yet.');
}
