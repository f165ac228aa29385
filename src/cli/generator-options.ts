import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { LokiError } from '../errors.ts';
import { SCHEDULES } from '../reenact/diffusion/clip-generator.ts';
import { NANO, packFolder } from '../reenact/diffusion/pack/find-pack.ts';
import { PROVIDER_CHOICES } from '../reenact/diffusion/runtime/providers.ts';
import type { AnimateJob } from './animate-job.ts';

const MAX_STEPS = 64;
const MAX_THREADS = 64;
/** More give little: the networks are small. */
const USUAL_THREADS = 2;

/** Options of a command line that say what draws the avatar. */
export const generatorOptions = {
  generator: z.string().min(1).default('geometric'),
  steps: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(MAX_STEPS, `must be at most ${MAX_STEPS}`)
    .optional(),
  schedule: z.enum(SCHEDULES, 'must be stream or chunk').optional(),
  provider: z.enum(PROVIDER_CHOICES, `must be one of ${PROVIDER_CHOICES.join(', ')}`).optional(),
  precision: z.enum(['auto', 'float32', 'int8'], 'must be auto, float32 or int8').optional(),
  threads: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(MAX_THREADS, `must be at most ${MAX_THREADS}`)
    .optional(),
};

export const GENERATOR_HELP = {
  generator: 'what draws the avatar: geometric, nano, or the folder of a model pack',
  steps: "denoising steps a frame (a pack's own where absent)",
  schedule: 'stream: frame by frame, as live (default); chunk: sixteen frames together',
  provider: `what runs the networks: ${PROVIDER_CHOICES.join(', ')} (default auto)`,
  precision: 'of the networks: auto (default), float32 or int8',
  threads: 'of the processor, for the networks',
};

type Parsed = z.infer<z.ZodObject<typeof generatorOptions>>;

/**
 * @param folder that relative paths count from
 * @throws LokiError INVALID_OPTION, PACK_MISSING
 */
export function generatorChoice(options: Parsed, folder: string): AnimateJob['generator'] {
  const { generator, steps, schedule, provider, precision, threads } = options;
  if (generator === 'geometric') {
    const given = Object.entries({ steps, schedule, provider, precision, threads }).find(
      ([, value]) => value !== undefined,
    );
    if (given === undefined) return generator;
    throw new LokiError(
      'INVALID_OPTION',
      `--${given[0]} is for generators with networks: add --generator nano.`,
    );
  }
  const packPath = packFolder(generator, folder);
  if (!existsSync(join(packPath, 'pack.json'))) {
    const named = generator === NANO || /[\\/.]/.test(generator);
    throw new LokiError(
      named ? 'PACK_MISSING' : 'INVALID_OPTION',
      `--generator takes geometric, ${NANO}, or the folder of a model pack: there is no pack.json in ${packPath}.`,
    );
  }
  return {
    folder: packPath,
    steps: steps ?? null,
    schedule: schedule ?? 'stream',
    provider: provider ?? 'auto',
    precision: precision ?? 'auto',
    threads: threads ?? Math.min(USUAL_THREADS, availableParallelism()),
  };
}
