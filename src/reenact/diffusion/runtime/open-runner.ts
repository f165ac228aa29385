import { LokiError } from '../../../errors.ts';
import type { ModelPack } from '../pack/load-pack.ts';
import { precisionOf } from './graph-sessions.ts';
import {
  createExchange,
  type IdentityTensors,
  type InferenceInfo,
  type InferenceOptions,
} from './inference-messages.ts';
import { badOutput, PackRunner } from './pack-runner.ts';
import { hasGpu, type Provider, providerPlan } from './providers.ts';
import { StreamState } from './stream-state.ts';

const WARM_UP_FRAMES = 3;
/** A GPU that takes longer for a window of one step is none: the processor is faster. Whole pictures it never is. */
const SLOW_GPU_MS = 60;
/** On the processor there is nothing to compile: a frame that takes so long is what the next will be like. */
const SLOW_FRAME_MS = 2_000;

export interface OpenedRunner {
  readonly runner: PackRunner;
  readonly info: InferenceInfo;
}

/**
 * Loads a pack on the first provider of the plan that runs it, and runs it a few times: first frames pay for memory and, on
 * a GPU, for compiling. What did not run, and why, is in the info's note.
 *
 * @throws LokiError PACK_INVALID, INFERENCE_FAILED where not even the processor runs it
 */
export async function openRunner(pack: ModelPack, options: InferenceOptions): Promise<OpenedRunner> {
  const beganMs = performance.now();
  const notes: string[] = [];
  const plan = providerPlan(options.provider, hasGpu());
  for (const provider of plan) {
    const last = provider === plan.at(-1);
    try {
      const runner = await openOn(pack, provider, options);
      const frameMs = await warmUp(runner);
      const fast = pack.layout.kind === 'frame' || frameMs <= SLOW_GPU_MS;
      if (last || options.provider !== 'auto' || fast) {
        const { precision } = runner;
        const note = notes.length === 0 ? null : notes.join(' ');
        const startMs = performance.now() - beganMs;
        return { runner, info: { provider, precision, threads: options.threads, note, startMs, frameMs } };
      }
      notes.push(`The GPU takes ${Math.round(frameMs)} ms a frame, so the processor does it.`);
      await runner.close();
    } catch (error) {
      if (last || !(error instanceof LokiError) || error.code === 'PACK_INVALID') throw error;
      notes.push(error.message);
    }
  }
  throw new LokiError('INTERNAL', 'No provider was tried.');
}

async function openOn(pack: ModelPack, provider: Provider, options: InferenceOptions): Promise<PackRunner> {
  const precision = precisionOf(pack, provider, options.precision);
  return PackRunner.open(pack, provider, precision, options.threads);
}

/** @returns ms of the last frame of one step @throws LokiError INFERENCE_FAILED also for what is no number */
async function warmUp(runner: PackRunner): Promise<number> {
  const { layout, manifest } = runner.pack;
  const stream = new StreamState(
    layout,
    blankIdentity(runner),
    [createExchange(layout, 1)],
    1,
    manifest.schedule.noiseCoherence,
  );
  let frameMs = 0;
  try {
    for (let frame = 0; frame < WARM_UP_FRAMES; frame++) {
      const beganMs = performance.now();
      const { sound } = await runner.run([stream], 1, 1);
      if (!sound[0]) throw badOutput('the picture');
      frameMs = performance.now() - beganMs;
      if (runner.provider === 'cpu' && frameMs > SLOW_FRAME_MS) break;
    }
  } catch (error) {
    await runner.close();
    throw error;
  }
  runner.leave(stream);
  return frameMs;
}

function blankIdentity({ pack }: PackRunner): IdentityTensors {
  return Object.fromEntries(
    pack.layout.references.flatMap(({ key, value, heads, tokens, dim }) => [
      [key, new Float32Array(heads * tokens * dim)],
      [value, new Float32Array(heads * tokens * dim)],
    ]),
  );
}
