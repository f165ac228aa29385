import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import { LokiError } from '../errors.ts';
import { GAIN_REGIONS, type GainRegion } from '../reenact/identity/swap-options.ts';
import type { AnimateJob } from './animate-job.ts';
import { avatarPath } from './avatars.ts';
import { GENERATOR_HELP, generatorChoice, generatorOptions } from './generator-options.ts';

const MAX_GAIN = 3;
const MODES = ['absolute', 'relative'] as const;

const gain = z.string().transform((text, context): [GainRegion, number] => {
  const [region, factor] = text.split('=');
  const value = factor?.trim() ? Number(factor) : Number.NaN;
  if (!(GAIN_REGIONS as readonly string[]).includes(region) || !(value >= 0 && value <= MAX_GAIN)) {
    context.addIssue(
      `takes region=x with x from 0 to ${MAX_GAIN} and a region of ${GAIN_REGIONS.join(', ')}, not ${text}`,
    );
    return z.NEVER;
  }
  return [region as GainRegion, value];
});

const options = z.object({
  driver: z.string().min(1),
  avatar: z.string().min(1),
  out: z.string().regex(/\.mp4$/i, 'must end in .mp4'),
  size: z.coerce
    .number('must be a number of pixels')
    .int('must be a whole number of pixels')
    .min(128, 'must be at least 128')
    .max(1024, 'must be at most 1024')
    .multipleOf(2, 'must be even'),
  compare: z.boolean().default(false),
  coefficients: z.string().min(1).optional(),
  report: z.string().min(1).optional(),
  pose: z.enum(MODES, 'must be relative or absolute'),
  expression: z.enum(MODES, 'must be absolute or relative'),
  gain: z.array(gain),
  largestFace: z.boolean().default(false),
  ...generatorOptions,
  head: z.string().min(1).optional(),
  verbose: z.boolean().default(false),
});

/** What the command line asks for. */
export interface AnimateCommand {
  readonly job: AnimateJob;
  readonly verbose: boolean;
}

/**
 * Reads the arguments of `animate`; null when only help was asked for, which is then printed.
 *
 * @param folder that relative paths count from
 * @throws LokiError INVALID_OPTION, INPUT_NOT_FOUND (an avatar that is neither file nor id)
 */
export function parseAnimateArguments(
  args: readonly string[],
  folder: string,
  headPath: string | null,
): AnimateCommand | null {
  const command = describeCommand();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw new LokiError('INVALID_OPTION', `${sentence(error.message)} See --help.`);
  }
  const parsed = options.safeParse(command.opts());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = String(issue.path[0]).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new LokiError('INVALID_OPTION', `--${name} ${issue.message}.`);
  }
  const { data } = parsed;
  const path = (name: string | undefined): string | null =>
    name === undefined ? null : resolve(folder, name);
  const out = resolve(folder, data.out);
  const job: AnimateJob = {
    driverPath: resolve(folder, data.driver),
    avatarPath: avatarPath(data.avatar, folder),
    outputs: {
      video: data.compare ? null : out,
      comparison: data.compare ? out : null,
      coefficients: path(data.coefficients),
      report: path(data.report),
    },
    sizePx: data.size,
    generator: generatorChoice(data, folder),
    pose: data.pose,
    expression: data.expression,
    gain: Object.fromEntries(data.gain),
    largestFace: data.largestFace,
    headPath: path(data.head) ?? headPath,
  };
  refuseOverlaps(job);
  return { job, verbose: data.verbose };
}

function describeCommand(): Command {
  const command = new Command('animate')
    .description('Makes one picture move as the person in a video does.')
    .requiredOption('--driver <file>', 'video of the person to follow')
    .requiredOption('--avatar <file|id>', 'picture to animate, or the id of a built-in avatar')
    .requiredOption('--out <file.mp4>', 'video to write')
    .option('--size <pixels>', 'width and height of the avatar, even, 128 to 1024', '512')
    .option('--compare', 'write driver, driver map and avatar side by side')
    .option('--coefficients <file.ndjson>', "also write the avatar's motion, one JSON object a frame")
    .option(
      '--report <file.json>',
      'also measure how well the avatar follows (reads the written video again)',
    )
    .addOption(
      new Option('--pose <mode>', "head turn: relative to the portrait's own, or absolute").default(
        'relative',
      ),
    )
    .addOption(
      new Option('--expression <mode>', "expression: absolute, or relative to the portrait's own").default(
        'absolute',
      ),
    )
    .addOption(
      new Option('--gain <region=x>', `scale the motion of a region (${GAIN_REGIONS.join(', ')}); repeatable`)
        .default([], 'all 1, translation 0.4')
        .argParser((value: string, earlier: string[]) => [...earlier, value]),
    )
    .option('--largest-face', 'take the largest face of a picture that shows several')
    .option('--generator <name|folder>', GENERATOR_HELP.generator, 'geometric')
    .option('--steps <n>', GENERATOR_HELP.steps)
    .option('--schedule <name>', GENERATOR_HELP.schedule)
    .option('--provider <name>', GENERATOR_HELP.provider)
    .option('--precision <name>', GENERATOR_HELP.precision)
    .option('--threads <n>', GENERATOR_HELP.threads)
    .option('--head <file>', 'head model in place of the open head, such as an imported FLAME')
    .option('--verbose', 'show stack traces and what the libraries say')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return command;
}

/** Nothing that is read may be written over, and no two outputs may be one file. */
function refuseOverlaps({ driverPath, avatarPath: avatar, headPath, outputs }: AnimateJob): void {
  const inputs = new Set([driverPath, avatar, headPath].filter((path) => path !== null).map(trueName));
  const seen = new Set<string>();
  for (const path of Object.values(outputs)) {
    if (path === null) continue;
    const name = trueName(path);
    if (inputs.has(name))
      throw new LokiError('INVALID_OPTION', `${path} is an input: write to another file.`);
    if (seen.has(name)) throw new LokiError('INVALID_OPTION', `${path} is named for two outputs.`);
    seen.add(name);
  }
}

function trueName(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Commander's `error: unknown option '--x'` as a sentence. */
function sentence(message: string): string {
  const text = message.replace(/^error: /, '').split('\n')[0];
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
