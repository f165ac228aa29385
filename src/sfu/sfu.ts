import { LokiError } from '../errors.ts';
import type { Sfu, SfuDependencies, SfuOptions } from './sfu-types.ts';

export { SFU_DEFAULTS } from './sfu-defaults.ts';
export type * from './sfu-types.ts';

/**
 * Starts the mediasoup workers and serves rooms on them.
 *
 * @throws LokiError MODEL_MISSING where mediasoup's worker binary is not in place, CONFIG_INVALID where a port or
 * address can't be had
 */
export async function createSfu(_options: SfuOptions, _dependencies: SfuDependencies): Promise<Sfu> {
  throw new LokiError('INTERNAL', 'The SFU is not there yet.');
}
