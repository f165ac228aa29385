import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { outputError } from '../reenact/codec/part-file.ts';
import { cancelOnSignals } from './cancel.ts';
import { reportFailure } from './failure.ts';
import { createProgress } from './progress.ts';
import { isFinished, type PersonMeta } from './training/person-folder.ts';
import type { CommandSource } from './training/render-person.ts';
import { renderPeople } from './training/render-pool.ts';
import { wholeNumber } from './whole-number.ts';

interface Options {
  readonly out: string;
  readonly people: number;
  readonly frames: number;
  readonly seed: number;
  readonly first: number;
  readonly jobs: number;
  readonly commands: CommandSource;
  readonly verbose?: boolean;
}

const program = new Command('render:training')
  .description(
    'Draws people of the open head, what they do, and what the geometric warp of their portrait makes of it: the ' +
      'data that the diffusion generator is trained on. People that are there already are left as they are.',
  )
  .requiredOption('--out <folder>', 'one folder a person goes there')
  .option('--people <count>', 'how many', wholeNumber(1), 200)
  .option('--frames <count>', 'frames of each', wholeNumber(2), 100)
  .option('--seed <number>', 'of the first person; every other has the next', wholeNumber(0), 1)
  .option(
    '--first <number>',
    'leave out so many of them: the rest of a run, or another part of it',
    wholeNumber(0),
    0,
  )
  .option('--jobs <count>', 'processes at a time', wholeNumber(1), 2)
  .addOption(
    new Option('--commands <source>', 'where the coefficients of the warp come from')
      .choices(['mixed', 'true', 'fitted'])
      .default('mixed'),
  )
  .option('--verbose', 'stack traces');

async function main(options: Options): Promise<void> {
  const out = resolve(options.out);
  const { seed, first, people, frames, jobs, commands } = options;
  await removeUnfinished(out);
  const seeds = Array.from({ length: Math.max(0, people - first) }, (_, i) => seed + first + i);
  const missing = seeds.filter((one) => !isFinished(out, one));
  const progress = createProgress(process.stdout);
  if (missing.length < seeds.length)
    progress.line(`${seeds.length - missing.length} people are there already`);
  const signal = cancelOnSignals((line) => progress.line(line));
  const total = missing.length * frames;
  const psnr = { true: [] as number[], fitted: [] as number[] };
  let drawn = 0;
  let skipped = 0;
  await renderPeople(missing, jobs, { out, frames, commands }, signal, {
    done(meta: PersonMeta) {
      drawn += meta.frames;
      for (const { fitted, facePsnrDb } of meta.clips) psnr[fitted ? 'fitted' : 'true'].push(facePsnrDb);
      progress.frame(drawn + skipped * frames, total);
    },
    skipped(_, message) {
      skipped++;
      progress.line(message);
    },
  });
  progress.stop();
  progress.line(`${drawn} frames of ${missing.length - skipped} people in ${out}`);
  for (const [source, values] of Object.entries(psnr))
    if (values.length > 0)
      progress.line(`warp against truth, ${source} coefficients: ${mean(values).toFixed(2)} dB in the face`);
}

/** What an earlier run left half. @throws LokiError OUTPUT_NOT_WRITABLE, DISK_FULL */
async function removeUnfinished(out: string): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
    for (const name of await readdir(out))
      if (name.endsWith('.part')) await rm(join(out, name), { recursive: true, force: true });
  } catch (cause) {
    throw outputError(out, cause);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const options = program.parse().opts<Options>();
await main(options).catch((error: unknown) => {
  process.exitCode = reportFailure(error, options.verbose === true, (text) => process.stderr.write(text));
});
