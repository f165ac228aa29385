import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { LokiError } from '../errors.ts';
import { packFolder } from '../reenact/diffusion/pack/find-pack.ts';
import { PROVIDER_CHOICES, type ProviderChoice } from '../reenact/diffusion/runtime/providers.ts';
import { avatarPath, BUILTIN_DRIVER_PATH } from './avatars.ts';
import { benchDiffusion } from './bench/diffusion.ts';
import { benchRates, formatRate } from './bench/generator-rate.ts';
import { benchLive, formatLive } from './bench/live.ts';
import { formatTable } from './bench/measure.ts';
import { useNullGpu } from './bench/null-gpu/null-gpu.ts';
import { soak } from './bench/soak.ts';
import { benchStages } from './bench/stages.ts';
import { stillJitter } from './bench/still.ts';
import { reportFailure } from './failure.ts';
import { wholeNumber } from './whole-number.ts';

interface Options {
  readonly driver: string;
  readonly avatar: string;
  readonly runs: number;
  readonly soak?: number;
  readonly still: boolean;
  readonly live?: number | true;
  readonly generator?: string;
  readonly provider: ProviderChoice;
  readonly sessions?: readonly number[];
  readonly nullGpu: boolean;
  readonly size: number;
  readonly json?: string;
}

async function main(): Promise<void> {
  const options = new Command('bench')
    .description(
      'Times each stage and the whole pipeline, beside the plain reference implementations of the tests.',
    )
    .option('--driver <file>', 'driver video', BUILTIN_DRIVER_PATH)
    .option('--avatar <file|id>', 'avatar picture', 'amara')
    .option('--runs <n>', 'runs of each stage', wholeNumber(1), 200)
    .option('--soak <frames>', 'instead: memory over so many frames of animate', wholeNumber(1))
    .option(
      '--still',
      "instead: shake of the avatar's landmarks while the driver is one repeated frame",
      false,
    )
    .option(
      '--live [seconds]',
      'instead: latencies of the live pipeline, by UDP on this machine',
      wholeNumber(1),
    )
    .option(
      '--generator <name|folder>',
      'instead: frames of a model pack, from coefficients to pictures; with --live: what draws',
    )
    .addOption(new Option('--provider <name>', 'what runs the pack').choices(PROVIDER_CHOICES).default('cpu'))
    .option(
      '--sessions <counts>',
      'with --generator: frames a second of so many sessions together, as 1,4,8',
      (text) => text.split(',').map(wholeNumber(1)),
    )
    .option(
      '--null-gpu',
      'with --sessions and webgpu: on a driver that computes nothing, to see what asking costs',
      false,
    )
    .option('--size <px>', 'with --sessions: width and height of the avatar', wholeNumber(64), 512)
    .option('--json <file>', 'write the figures as JSON, too')
    .parse()
    .opts<Options>();
  const driver = resolve(options.driver);
  const avatar = avatarPath(options.avatar, process.cwd());
  const folder = await mkdtemp(join(tmpdir(), 'loki-bench-'));
  try {
    const figures = await run(options, driver, avatar, folder);
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(figures, null, 2)}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(options: Options, driver: string, avatar: string, folder: string): Promise<unknown> {
  if (options.soak !== undefined) {
    const result = await soak(driver, avatar, options.soak, folder);
    console.table(result);
    return result;
  }
  if (options.live !== undefined) {
    const { live, generator, provider } = options;
    const pack = generator === undefined ? null : packFolder(generator, process.cwd());
    const figures = await benchLive({ driver, avatar, seconds: live === true ? 15 : live, pack, provider });
    console.log(formatLive(figures));
    return figures;
  }
  if (options.generator !== undefined) {
    const pack = packFolder(options.generator, process.cwd());
    if (options.nullGpu && (options.sessions === undefined || options.provider !== 'webgpu'))
      throw new LokiError('INVALID_OPTION', '--null-gpu goes with --provider webgpu and --sessions.');
    if (options.sessions !== undefined) {
      const { provider, sessions, size } = options;
      const counts = options.nullGpu ? { counts: await useNullGpu(folder) } : {};
      const settings = { provider, size, frames: options.runs, sessions, ...counts };
      return benchRates(pack, avatar, settings, (row) => console.log(formatRate(row)));
    }
    const rows = await benchDiffusion(pack, avatar, options.runs, options.provider);
    console.log(formatTable(rows));
    return rows;
  }
  if (options.still) {
    const result = await stillJitter(driver, avatar, folder);
    const [median, p95] = [result.jitterIod.median, result.jitterIod.p95].map((v) => (v * 100).toFixed(3));
    console.log(`landmark jitter, % of the inter-ocular distance: median ${median}, p95 ${p95}`);
    return result;
  }
  const rows = await benchStages(driver, avatar, options.runs);
  console.log(formatTable(rows));
  return rows;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof LokiError)) throw error;
  process.exitCode = reportFailure(error, false, (text) => process.stderr.write(text));
}
