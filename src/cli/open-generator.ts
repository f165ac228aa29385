import { createClipGenerator } from '../reenact/diffusion/clip-generator.ts';
import { loadPack } from '../reenact/diffusion/pack/load-pack.ts';
import { InferenceEngine } from '../reenact/diffusion/runtime/inference-engine.ts';
import type { Generator } from '../reenact/generator.ts';
import { generatorOf } from '../reenact/geometric/generator.ts';
import type { WarpRig } from '../reenact/geometric/rig.ts';
import type { HeadModel } from '../reenact/head/head-model.ts';
import type { AnimateJob } from './animate-job.ts';

/** Clips come out the same on every run. */
const SEED = 1;

/**
 * The generator that a command line asks for, over an avatar's rig.
 *
 * @throws LokiError PACK_MISSING, PACK_INVALID, PACK_WRONG_HEAD, INFERENCE_FAILED
 */
export async function openGenerator(
  choice: AnimateJob['generator'],
  model: HeadModel,
  rig: WarpRig,
): Promise<Generator> {
  if (choice === 'geometric') return generatorOf(rig);
  const pack = await loadPack(choice.folder, model.sha256);
  const engine = await InferenceEngine.open(pack, choice);
  try {
    const steps = choice.steps ?? pack.manifest.schedule.defaultSteps;
    return await createClipGenerator({ model, rig, engine, seed: SEED, steps, schedule: choice.schedule });
  } catch (error) {
    await engine.close();
    throw error;
  }
}
