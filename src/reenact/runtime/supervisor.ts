import { LokiError } from '../../errors.ts';
import type { ReenactmentOptions, SupervisedReenactment } from './runtime-types.ts';

export type {
  ProcessSnapshot,
  ReenactmentOptions,
  ReenactmentSnapshot,
  SupervisedReenactment,
} from './runtime-types.ts';

/**
 * Starts the processes that reenact and resolves once they can take sessions.
 *
 * @throws LokiError MODEL_MISSING, MODEL_INVALID, OUTPUT_NOT_WRITABLE (state folder), WORKER_DIED
 */
export async function createReenactment(_options: ReenactmentOptions): Promise<SupervisedReenactment> {
  throw new LokiError('INTERNAL', 'There are no reenactment workers yet.');
}
