import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { LokiError } from '../../errors.ts';
import { type NamedGenerator, parseGenerators } from './generators.ts';

const count = (most: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(most, `must be at most ${most}`);

const schema = z
  .object({
    drivers: z.string().min(1).optional(),
    portraits: z.string().min(1).optional(),
    synthetic: z.boolean().default(false),
    people: count(64),
    self: z.boolean().default(false),
    generators: z.string(),
    every: count(1000),
    frames: count(100_000).default(Number.POSITIVE_INFINITY),
    keep: z.string().min(1).optional(),
    json: z.string().min(1).optional(),
    html: z.string().min(1).optional(),
    strips: z.string().min(1).optional(),
    verbose: z.boolean().default(false),
  })
  .superRefine((options, context) => {
    if (options.drivers === undefined && !options.synthetic)
      context.addIssue({ code: 'custom', path: ['drivers'], message: 'is needed, or --synthetic' });
    if (options.drivers !== undefined && options.portraits === undefined && !options.self)
      context.addIssue({ code: 'custom', path: ['portraits'], message: 'is needed, or --self' });
    if (options.drivers === undefined && options.portraits !== undefined)
      context.addIssue({ code: 'custom', path: ['portraits'], message: 'needs --drivers beside it' });
  });

/** What `evaluate` is asked to do. Paths count from the working folder. */
export interface EvaluateOptions {
  readonly drivers: string | undefined;
  readonly portraits: string | undefined;
  /** Also the built-in driver and avatars, and people that no training has seen. */
  readonly synthetic: boolean;
  /** Held-out people of `synthetic`. */
  readonly people: number;
  /** Also each clip's first frame as the avatar of the same clip. */
  readonly self: boolean;
  readonly generators: readonly NamedGenerator[];
  /** Every frame is driven, one in so many is looked at. */
  readonly every: number;
  /** Of each clip at most so many frames, from its start. */
  readonly frames: number;
  /** Folder for the videos; without it they are deleted. */
  readonly keep: string | undefined;
  readonly json: string | undefined;
  readonly html: string | undefined;
  /** Folder for a picture of each pair's strip. */
  readonly strips: string | undefined;
  readonly verbose: boolean;
}

/**
 * Reads the arguments of `evaluate`; null when only help was asked for, which is then printed.
 * @throws LokiError INVALID_OPTION
 */
export function parseEvaluateArguments(args: readonly string[]): EvaluateOptions | null {
  const command = describeCommand();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    throw new LokiError('INVALID_OPTION', `${error.message.replace(/^error: /, '')}. See --help.`);
  }
  const parsed = schema.safeParse(command.opts());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new LokiError('INVALID_OPTION', `--${String(issue.path[0])} ${issue.message}.`);
  }
  const { drivers, portraits, keep, json, html, strips, ...rest } = parsed.data;
  return {
    ...rest,
    drivers,
    portraits,
    keep,
    json,
    html,
    strips,
    generators: parseGenerators(rest.generators, process.cwd()),
  };
}

function describeCommand(): Command {
  return new Command('evaluate')
    .description(
      'Animates portraits by drivers with every generator, looks at what comes out as a stranger would, and tables how well it follows.',
    )
    .option('--drivers <folder>', 'folder of driver videos, or one video')
    .option('--portraits <folder>', 'folder of pictures, or one picture: every driver drives every one')
    .option(
      '--synthetic',
      'the built-in driver on the built-in avatars, and rendered people that no training has seen',
    )
    .option('--people <n>', 'how many such people', '4')
    .option('--self', "each driver's first frame as the avatar of the same clip, which it should give back")
    .option(
      '--generators <list>',
      'what draws the avatar, with commas between: geometric, nano, nano:STEPS, a pack folder',
      'geometric',
    )
    .option('--every <n>', 'look at one frame in so many (all are driven)', '1')
    .option('--frames <n>', 'of each clip at most so many frames')
    .option('--keep <folder>', 'keep the videos there')
    .option('--json <file>', 'write every figure as JSON')
    .option('--html <file>', 'write a report with charts and pictures, in one file')
    .option('--strips <folder>', "write each pair's strip of frames as a picture there")
    .option('--verbose', 'show stack traces')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
}
