import { map } from 'rxjs';
import { LokiError } from '../errors.ts';
import { buildAvatar } from '../reenact/avatar.ts';
import type { VideoSource } from '../reenact/codec/types.ts';
import { type MotionSample, motionSample, ResidualHistogram } from '../reenact/evaluate/motion-log.ts';
import { summariseMotion } from '../reenact/evaluate/report.ts';
import { retrack } from '../reenact/evaluate/retrack.ts';
import { stampOf } from '../reenact/frame.ts';
import { headRotation } from '../reenact/head/head-rotation.ts';
import { shapeHead } from '../reenact/head/shape-head.ts';
import { type ReenactedFrame, reenact } from '../reenact/pipeline.ts';
import { DriverMapper } from '../reenact/raster/driver-map.ts';
import { driverMapPicture } from '../reenact/raster/driver-map-picture.ts';
import { CALIBRATION_FRAMES, calibrateDriver, createStages, loadRig } from '../reenact/session.ts';
import { createFaceTracker } from '../reenact/track/face-tracker.ts';
import type { AnimatedFrame, AnimateJob, Reenactor } from './animate-job.ts';
import { openGenerator } from './open-generator.ts';

/** Side of the driver map in a comparison: fine enough for the eye, a seventh of the work of 512. */
const SHOWN_MAP_SIZE = 256;

/**
 * Reads models and portrait, learns the driver from a sample of `source`, and builds the stages.
 *
 * @param build of avatars; another one may have some ready
 */
export async function openReenactor(
  job: AnimateJob,
  source: VideoSource,
  signal: AbortSignal,
  build: typeof buildAvatar = buildAvatar,
): Promise<Reenactor> {
  const rig = await loadRig(job.headPath ?? undefined);
  const tracker = await createFaceTracker();
  try {
    const avatar = await build(rig, tracker, job.avatarPath, {
      size: job.sizePx,
      largestFace: job.largestFace,
    });
    const { reference } = avatar.rig;
    throwIfCancelled(signal);
    const driver = await calibrateDriver(rig, tracker, await source.sample(CALIBRATION_FRAMES));
    throwIfCancelled(signal);
    const generator = await openGenerator(job.generator, rig.model, avatar.rig);
    const stages = createStages({
      rig,
      tracker,
      driver,
      reference,
      generator,
      swapOptions: { pose: job.pose, expression: job.expression, gain: job.gain },
    });
    const shaped = shapeHead(rig.model, reference.calibration.beta);
    const mapper = new DriverMapper(shaped, reference.calibration.camera, job.sizePx, SHOWN_MAP_SIZE);
    const motion: MotionSample[] = [];
    const residuals = new ResidualHistogram();
    return {
      clock: stages.clock,
      framesTogether: generator.chunk?.frames ?? 1,
      notice: generator.inference?.()?.note ?? null,
      header: {
        format: 'loki-coefficients',
        version: 1,
        model: rig.model.name,
        modelSha256: rig.model.sha256,
        units: rig.model.expressionUnits.map(({ name }) => name),
        joints: rig.model.jointNames,
      },
      reenact: (frames) =>
        reenact(frames, stages).pipe(
          map((frame) => {
            motion.push(motionSample(frame.sequence, frame.driver, frame.commanded));
            residuals.add(frame.driver);
            return animated(frame);
          }),
        ),
      recycle: ({ image }) => generator.recycle(image),
      driverMapPicture: (commanded) => driverMapPicture(mapper.render(commanded), SHOWN_MAP_SIZE),
      evaluate: async (avatar, run) => ({
        ...summariseMotion(
          motion,
          residuals,
          await retrack(rig, tracker, reference, avatar),
          headRotation(reference.coefficients),
        ),
        ...run,
        msPerFrame: stages.clock.times(),
      }),
      close: async () => {
        await generator.close();
        await tracker.close();
      },
    };
  } catch (error) {
    await tracker.close();
    throw error;
  }
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new LokiError('CANCELLED', 'Stopped; nothing was left behind.');
}

function animated({ driver, commanded, avatar }: ReenactedFrame): AnimatedFrame {
  return { ...stampOf(avatar), avatar, commanded, confidence: driver.face?.confidence ?? 0 };
}
