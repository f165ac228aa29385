import { LokiError } from '../../errors.ts';
import { buildAvatar } from '../../reenact/avatar.ts';
import { createClipGenerator } from '../../reenact/diffusion/clip-generator.ts';
import { hasInt8, loadPack } from '../../reenact/diffusion/pack/load-pack.ts';
import type { Precision } from '../../reenact/diffusion/pack/manifest.ts';
import { InferenceEngine } from '../../reenact/diffusion/runtime/inference-engine.ts';
import type { ProviderChoice } from '../../reenact/diffusion/runtime/providers.ts';
import { loadRig } from '../../reenact/session.ts';
import { createFaceTracker } from '../../reenact/track/face-tracker.ts';
import { type BenchRow, measure } from './measure.ts';
import { sweep } from './sweep.ts';

const SIZES_PX = [256, 512] as const;
const STEPS = [1, 2, 4] as const;

interface Setting {
  readonly precision: Precision;
  readonly threads: number;
}

/** From coefficients to the avatar's RGBA, one frame after the other, as live: every size, precision and number of steps. */
export async function benchDiffusion(
  packFolder: string,
  avatarPath: string,
  runs: number,
  provider: ProviderChoice,
): Promise<BenchRow[]> {
  const rig = await loadRig();
  const pack = await loadPack(packFolder, rig.model.sha256);
  const settings: Setting[] = [{ precision: 'float32', threads: 2 }];
  if (hasInt8(pack)) settings.push({ precision: 'int8', threads: 1 });
  const tracker = await createFaceTracker();
  const rows: BenchRow[] = [];
  try {
    for (const size of SIZES_PX) {
      const avatar = await buildAvatar(rig, tracker, avatarPath, { size });
      const poses = sweep(avatar.rig.reference.coefficients, runs);
      for (const setting of settings)
        for (const steps of STEPS) {
          const engine = await InferenceEngine.open(pack, { ...setting, provider });
          const { info } = engine;
          if (info.note !== null) throw new LokiError('PROVIDER_FAILED', info.note);
          const generator = await createClipGenerator({
            model: rig.model,
            rig: avatar.rig,
            engine,
            seed: 1,
            steps,
            schedule: 'stream',
          });
          const times = await measure(runs, async (run) => {
            const stamp = { sequence: run, ptsMs: run * 40, captureTimeMs: run * 40 };
            generator.recycle((await generator.generate({ ...stamp, coefficients: poses[run] })).image);
          });
          await generator.close();
          const threads = info.provider === 'cpu' ? `, ${setting.threads} thr.` : '';
          const stage = `${pack.manifest.name} ${size}², ${steps} st., ${info.provider} ${info.precision}${threads}`;
          rows.push({ stage, ...times, referenceMs: null });
        }
    }
  } finally {
    await tracker.close();
  }
  return rows;
}
