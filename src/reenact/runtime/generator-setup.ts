import { LokiError } from '../../errors.ts';
import { NANO, packFolder } from '../diffusion/pack/find-pack.ts';
import { loadPack } from '../diffusion/pack/load-pack.ts';
import type { GeneratorSetup } from './messages.ts';
import type { GeneratorOptions } from './runtime-types.ts';

/**
 * Looks at the pack that was configured, once for all workers. The one that ships may be missing, as long as nothing
 * begins with it.
 *
 * @returns null where sessions are drawn by the geometric generator alone
 * @throws LokiError PACK_MISSING, PACK_INVALID
 */
export async function setUpGenerator(options: GeneratorOptions | null): Promise<GeneratorSetup | null> {
  if (options === null) return null;
  const { pack, provider, precision, threads, steps } = options;
  const folder = pack ?? packFolder(NANO, '.');
  const eager = options.default === 'diffusion';
  try {
    // Which head model the workers use they find out themselves.
    const { manifest } = await loadPack(folder, null);
    return {
      folder,
      packName: manifest.name,
      provider,
      precision,
      threads,
      ladder: stepLadder(manifest.schedule.steps, steps ?? manifest.schedule.defaultSteps),
      eager,
    };
  } catch (error) {
    const absent = error instanceof LokiError && error.code === 'PACK_MISSING';
    if (absent && pack === null && !eager) return null;
    throw error;
  }
}

/** Numbers of steps to choose from, the most first: those that the pack was made for, up to `most`, and `most` itself. */
export function stepLadder(made: readonly number[], most: number): number[] {
  return [...new Set([most, ...made.filter((steps) => steps < most)])].sort((a, b) => b - a);
}
