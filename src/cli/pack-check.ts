/**
 * Checks a model pack and runs a frame of it:
 *
 *     npm run pack:check -- FOLDER
 *     npm run pack:check -- FOLDER --against webgpu --software-gpu   # GPU code without a GPU, slow
 */
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { readConfig } from '../config.ts';
import { ERROR_CODES } from '../errors.ts';
import { checkPack, type PackCheck } from '../reenact/diffusion/pack/check-pack.ts';
import { packFolder } from '../reenact/diffusion/pack/find-pack.ts';
import {
  PROVIDER_CHOICES,
  PROVIDERS,
  type Provider,
  type ProviderChoice,
} from '../reenact/diffusion/runtime/providers.ts';
import { useSoftwareGpu } from '../reenact/diffusion/runtime/software-gpu.ts';
import { DEFAULT_HEAD_PATH } from '../reenact/head/default-head.ts';
import { loadHeadModel } from '../reenact/head/load-head-model.ts';
import { reportFailure } from './failure.ts';
import { wholeNumber } from './whole-number.ts';

interface Options {
  readonly provider: ProviderChoice;
  readonly threads: number;
  readonly head?: string;
  readonly against?: Provider;
  readonly softwareGpu?: boolean;
  readonly steps?: number;
}

async function main(): Promise<number> {
  const command = new Command('pack:check')
    .description('Checks a model pack (manifest, hashes, head, graphs) and runs a frame of it.')
    .argument('<folder|name>', 'folder of the pack, or the name of one that ships')
    .addOption(
      new Option('--provider <name>', 'what runs the networks').choices(PROVIDER_CHOICES).default('cpu'),
    )
    .option('--threads <n>', 'threads of the processor', wholeNumber(1), 1)
    .option('--steps <n>', 'run frames of so many steps alone, where a frame takes minutes', wholeNumber(1))
    .option('--head <file>', 'head model that the pack must have been trained with (default: the one in use)')
    .addOption(
      new Option('--against <name>', 'also compare the pictures with those of another provider').choices(
        PROVIDERS,
      ),
    )
    .option(
      '--software-gpu',
      "let webgpu use the Vulkan driver of Debian's chromium, which computes on the processor",
    )
    .parse();
  const { provider, threads, head, against, softwareGpu, steps } = command.opts<Options>();
  if (softwareGpu) useSoftwareGpu();
  const headPath = head === undefined ? readConfig(process.env).headPath : resolve(head);
  const { sha256 } = await loadHeadModel(headPath ?? DEFAULT_HEAD_PATH);
  const checks = await checkPack(packFolder(command.args[0], process.cwd()), {
    provider,
    threads,
    headSha256: sha256,
    ...(against !== undefined && { against }),
    ...(steps !== undefined && { steps: [steps] }),
  });
  console.log(formatChecks(checks));
  return checks.every(({ ok }) => ok) ? 0 : ERROR_CODES.PACK_INVALID;
}

function formatChecks(checks: readonly PackCheck[]): string {
  const width = Math.max(...checks.map(({ check }) => check.length));
  return checks
    .map(({ check, ok, detail }) => `${ok ? 'ok    ' : 'FAILED'}  ${check.padEnd(width)}  ${detail}`)
    .join('\n');
}

try {
  process.exit(await main());
} catch (error) {
  process.exit(reportFailure(error, false, (text) => process.stderr.write(text)));
}
