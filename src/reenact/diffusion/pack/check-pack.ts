import { LokiError } from '../../../errors.ts';
import { InferenceEngine } from '../runtime/inference-engine.ts';
import type { IdentityTensors, InferenceOptions } from '../runtime/inference-messages.ts';
import type { Provider } from '../runtime/providers.ts';
import { hasInt8, loadPack, type ModelPack } from './load-pack.ts';
import type { Precision } from './manifest.ts';

/** One line of the table. */
export interface PackCheck {
  readonly check: string;
  readonly ok: boolean;
  /** What was found, or in one sentence what is wrong. */
  readonly detail: string;
}

export interface PackCheckOptions extends Pick<InferenceOptions, 'provider' | 'threads'> {
  /** Null leaves the head check out. */
  readonly headSha256: string | null;
  /** Also compare the pictures in float32 with those of this provider. */
  readonly against?: Provider;
  /** Numbers of steps to run; all that the pack was made for where absent. */
  readonly steps?: readonly number[];
}

/** Pictures of two providers may differ by so much, in steps of 8-bit sRGB: nobody sees it. */
const CLOSE = 1;

/**
 * Every check that a pack passes before it is used, and one frame of it: manifest, files, head, graphs, and for each
 * precision that it comes in a frame of every number of steps that it was made for, twice.
 */
export async function checkPack(folder: string, options: PackCheckOptions): Promise<PackCheck[]> {
  const checks: PackCheck[] = [];
  let pack: ModelPack;
  try {
    pack = await loadPack(folder, options.headSha256);
  } catch (error) {
    if (!(error instanceof LokiError)) throw error;
    return [{ check: 'manifest and files', ok: false, detail: error.message }];
  }
  const { manifest, layout } = pack;
  checks.push({
    check: 'manifest and files',
    ok: true,
    detail:
      `${manifest.name} ${manifest.version}, ${manifest.kind}, ${layout.resolution}², ` +
      `${layout.references.length} reference and ${layout.temporal.length} temporal layers`,
  });
  const head = options.headSha256 === null ? 'not looked at' : manifest.head.name;
  checks.push({ check: 'head model', ok: true, detail: head });
  const precisions: Precision[] = hasInt8(pack) ? ['float32', 'int8'] : ['float32'];
  for (const precision of precisions) checks.push(...(await runPack(pack, precision, options)));
  if (options.against !== undefined && checks.every(({ ok }) => ok))
    checks.push(await compareProviders(pack, options.against, options));
  return checks;
}

/** The same frame on two providers, such as a GPU and the processor. */
async function compareProviders(
  pack: ModelPack,
  against: Provider,
  { provider, threads }: PackCheckOptions,
): Promise<PackCheck> {
  const pictures: Float32Array[] = [];
  const times: string[] = [];
  for (const wanted of [provider, against]) {
    const engine = await InferenceEngine.open(pack, { provider: wanted, precision: 'float32', threads });
    try {
      const { note } = engine.info;
      if (note !== null) return { check: `${against} beside ${provider}`, ok: false, detail: note };
      const { changes, ms } = await drawFrame(engine, await readPortrait(engine), 2);
      pictures.push(changes);
      times.push(`${wanted} ${ms.toFixed(1)} ms`);
    } finally {
      await engine.close();
    }
  }
  const [a, b] = pictures;
  const largest = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
  return {
    check: `${against} beside ${provider}`,
    ok: largest < CLOSE,
    detail: `largest difference ${largest.toFixed(4)} of 255; 2 steps: ${times.join(', ')}`,
  };
}

async function runPack(
  pack: ModelPack,
  precision: Precision,
  { provider, threads, steps: chosen }: PackCheckOptions,
): Promise<PackCheck[]> {
  const checks: PackCheck[] = [];
  let check = `${precision}: graphs`;
  const passed = (detail: string) => checks.push({ check, ok: true, detail });
  let engine: InferenceEngine | null = null;
  try {
    engine = await InferenceEngine.open(pack, { provider, precision, threads });
    const { info } = engine;
    passed(`load on ${info.provider} in ${Math.round(info.startMs)} ms${info.note ? `. ${info.note}` : ''}`);
    check = `${precision}: portrait`;
    const identity = await readPortrait(engine);
    passed('gives keys and values that are numbers');
    for (const steps of chosen ?? pack.manifest.schedule.steps) {
      check = `${precision}: ${steps} ${steps === 1 ? 'step' : 'steps'}`;
      const first = await drawFrame(engine, identity, steps);
      const again = await drawFrame(engine, identity, steps);
      if (first.changes.some((value, i) => value !== again.changes[i]))
        throw new LokiError('PACK_INVALID', 'The same seed and input gave another picture the second time.');
      const largest = first.changes.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      passed(`${again.ms.toFixed(1)} ms a frame, repeatable, largest value ${largest.toFixed(1)}`);
    }
  } catch (error) {
    if (!(error instanceof LokiError)) throw error;
    checks.push({ check, ok: false, detail: error.message });
  } finally {
    await engine?.close();
  }
  return checks;
}

/** A portrait of stripes: what it shows does not matter. */
async function readPortrait(engine: InferenceEngine): Promise<IdentityTensors> {
  const { resolution, mapChannels, mapSize } = engine.pack.layout;
  const portrait = Uint8Array.from({ length: resolution ** 2 * 3 }, (_, i) => (i * 7) % 256);
  return engine.identify(portrait, Float32Array.from({ length: mapChannels * mapSize ** 2 }, wave));
}

/** The second of two frames, so that the first has been remembered. */
async function drawFrame(
  engine: InferenceEngine,
  identity: IdentityTensors,
  steps: number,
): Promise<{ changes: Float32Array; ms: number }> {
  const stream = engine.openStream(identity, 1);
  const { windows, maps, visibilities, changeables, changes } = stream.exchanges[0];
  for (let i = 0; i < windows.length; i++) windows[i] = (i * 5) % 256;
  for (let i = 0; i < maps.length; i++) maps[i] = wave(null, i);
  visibilities.fill(0.5);
  changeables.fill(1);
  await stream.run(1, steps);
  const beganMs = performance.now();
  await stream.run(1, steps);
  const ms = performance.now() - beganMs;
  stream.close();
  return { changes: Float32Array.from(changes), ms };
}

function wave(_: unknown, i: number): number {
  return Math.sin(i * 0.01);
}
