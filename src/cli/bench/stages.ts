import { lastValueFrom, tap } from 'rxjs';
import { LokiError } from '../../errors.ts';
import { openVideo } from '../../reenact/codec/open-video.ts';
import type { VideoSource } from '../../reenact/codec/types.ts';
import { quantile } from '../../reenact/evaluate/statistics.ts';
import { calibrate } from '../../reenact/fit/calibrate.ts';
import { packCoefficients } from '../../reenact/fit/face-parameters.ts';
import { restPrior } from '../../reenact/fit/fit-prior.ts';
import { FrameFitter } from '../../reenact/fit/frame-fitter.ts';
import type { LandmarkRig } from '../../reenact/fit/landmark-rig.ts';
import { observe } from '../../reenact/fit/observation.ts';
import { plainFit } from '../../reenact/fit/plain-fit.ts';
import { fromPulled } from '../../reenact/flow/from-pulled.ts';
import type { VideoFrame } from '../../reenact/frame.ts';
import { createGeometricGenerator } from '../../reenact/geometric/generator.ts';
import { plainPoseHead } from '../../reenact/head/plain-head.ts';
import { poseHead } from '../../reenact/head/pose-head.ts';
import { shapeHead } from '../../reenact/head/shape-head.ts';
import { loadPortrait } from '../../reenact/identity/portrait.ts';
import type { ReferenceIdentity } from '../../reenact/identity/reference.ts';
import { reenact } from '../../reenact/pipeline.ts';
import { DriverMapper } from '../../reenact/raster/driver-map.ts';
import { plainDriverMap } from '../../reenact/raster/plain-driver-map.ts';
import {
  CALIBRATION_FRAMES,
  calibrateDriver,
  createStages,
  describeReference,
  loadRig,
} from '../../reenact/session.ts';
import { createFaceTracker } from '../../reenact/track/face-tracker.ts';
import type { FaceTracker, TrackedFace } from '../../reenact/track/types.ts';
import { type BenchRow, measure } from './measure.ts';
import { sweep } from './sweep.ts';

const SIZE_PX = 512;
const MAP_SIZE = 64;
/** Steps of the plain fit that are timed; the frame fitter takes about as many. */
const PLAIN_FIT_STEPS = 2;

interface Material {
  readonly rig: LandmarkRig;
  readonly tracker: FaceTracker;
  readonly source: VideoSource;
  readonly frames: readonly VideoFrame[];
  readonly faces: readonly TrackedFace[];
  readonly reference: ReferenceIdentity;
}

/** Times every stage and the whole pipeline, `runs` times each. */
export async function benchStages(driverPath: string, avatarPath: string, runs: number): Promise<BenchRow[]> {
  const tracker = await createFaceTracker();
  const source = await openVideo(driverPath);
  try {
    const rig = await loadRig();
    const frames = await source.sample(40);
    const faces: TrackedFace[] = [];
    for (const frame of frames) {
      const { face } = await tracker.track(frame);
      if (face !== null) faces.push(face);
    }
    const { image } = await loadPortrait(avatarPath, tracker, { size: SIZE_PX });
    const still = await tracker.trackStill(image);
    if (still === null || faces.length === 0)
      throw new LokiError('NO_FACE', 'The benchmark needs a driver and an avatar that show a face.');
    const reference = describeReference(rig, image, still);
    const material = { rig, tracker, source, frames, faces, reference };
    return [
      await benchTrack(material, runs),
      await benchFit(material, runs),
      ...(await benchHead(material, runs)),
      await benchWarp(material, runs),
      await benchPipeline(material),
    ];
  } finally {
    await source.close();
    await tracker.close();
  }
}

async function benchTrack({ tracker, frames }: Material, runs: number): Promise<BenchRow> {
  const [frame] = frames;
  const times = await measure(runs, () => tracker.track(frame));
  return { stage: 'track (one frame, in its thread)', ...times, referenceMs: null };
}

/** A clip's frames in order, so that every fit starts from the one before, as it does live. */
async function benchFit({ rig, tracker, source, faces }: Material, runs: number): Promise<BenchRow> {
  const calibration = calibrate(rig, faces.slice(0, CALIBRATION_FRAMES));
  const clip: TrackedFace[] = [];
  for await (const frame of source.frames()) {
    const { face } = await tracker.track(frame);
    if (face !== null) clip.push(face);
    if (clip.length >= runs) break;
  }
  const fitter = new FrameFitter(rig, calibration);
  const times = await measure(clip.length, (run) => fitter.fit(clip[run]));
  const observation = observe(clip[0]);
  const start = packCoefficients(calibration.neutral);
  const plain = await measure(1, () =>
    plainFit(
      rig,
      calibration.beta,
      calibration.camera,
      observation,
      restPrior(rig.model),
      start.slice(),
      PLAIN_FIT_STEPS,
    ),
  );
  return { stage: 'fit (one frame)', ...times, referenceMs: plain.p50Ms };
}

async function benchHead({ rig, reference }: Material, runs: number): Promise<BenchRow[]> {
  const { calibration } = reference;
  const shaped = shapeHead(rig.model, calibration.beta);
  const poses = sweep(reference.coefficients, runs);
  const posed = new Float32Array(shaped.vertices.length);
  const pose = await measure(runs, (run) => poseHead(shaped, poses[run], posed));
  const plainPose = await measure(2, (run) => plainPoseHead(rig.model, calibration.beta, poses[run]));
  const mapper = new DriverMapper(shaped, calibration.camera, SIZE_PX, MAP_SIZE);
  const out = mapper.render(poses[0]);
  const map = await measure(runs, (run) => mapper.render(poses[run], out));
  const plainMap = await measure(1, (run) =>
    plainDriverMap(shaped, poses[run], calibration.camera, SIZE_PX, MAP_SIZE),
  );
  return [
    { stage: 'head, whole surface', ...pose, referenceMs: plainPose.p50Ms },
    { stage: `driver map ${MAP_SIZE}²`, ...map, referenceMs: plainMap.p50Ms },
  ];
}

async function benchWarp({ rig, reference }: Material, runs: number): Promise<BenchRow> {
  const generator = createGeometricGenerator({ model: rig.model, embedding: rig.embedding, reference });
  const poses = sweep(reference.coefficients, runs);
  const times = await measure(runs, (run) =>
    generator.generate({ sequence: run, ptsMs: run * 40, captureTimeMs: run * 40, coefficients: poses[run] }),
  );
  await generator.close();
  return { stage: `warp and composite ${SIZE_PX}²`, ...times, referenceMs: null };
}

/** Every frame of the clip from decoder to avatar picture, stages overlapping as they do in `animate`. */
async function benchPipeline({ rig, tracker, source, reference }: Material): Promise<BenchRow> {
  const driver = await calibrateDriver(rig, tracker, await source.sample(CALIBRATION_FRAMES));
  const generator = createGeometricGenerator({ model: rig.model, embedding: rig.embedding, reference });
  const stages = createStages({ rig, tracker, driver, reference, generator });
  const { values, release } = fromPulled(source.frames(), 4);
  const gapsMs: number[] = [];
  let lastMs = performance.now();
  await lastValueFrom(
    reenact(values, stages).pipe(
      tap(() => {
        const nowMs = performance.now();
        gapsMs.push(nowMs - lastMs);
        lastMs = nowMs;
        release();
      }),
    ),
  );
  await generator.close();
  return {
    stage: 'pipeline, decode to avatar, a frame',
    runs: gapsMs.length,
    p50Ms: quantile(gapsMs, 0.5),
    p95Ms: quantile(gapsMs, 0.95),
    referenceMs: null,
  };
}
