/** The calibration's thread: learns drivers without holding up frames. Started by calibrator.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { LokiError } from '../../errors.ts';
import { calibrate, uncalibrated } from '../fit/calibrate.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import { LANDMARK_COUNT } from '../fit/types.ts';
import { absorbRest } from '../identity/absorb-rest.ts';
import { loadRig } from '../session.ts';
import { lowerThreadPriority } from '../thread-priority.ts';
import type { TrackedFace } from '../track/types.ts';
import type { CalibrationReply, CalibrationRequest, CalibrationWorkerData } from './calibration-messages.ts';

/** Frames come first; on an idle machine it makes no difference. */
const NICE = 5;

lowerThreadPriority(NICE);
const port = parentPort!;
const { headPath } = workerData as CalibrationWorkerData;
const rig = await loadRig(headPath ?? undefined);
port.on('message', (request: CalibrationRequest) => port.postMessage(answer(request)));
warmUp(rig);

function answer({ id, faces, options }: CalibrationRequest): CalibrationReply {
  try {
    const calibration = absorbRest(rig.model, rig.embedding, calibrate(rig, faces, options));
    return { kind: 'learned', id, calibration };
  } catch (error) {
    if (!(error instanceof LokiError)) throw error;
    return { kind: 'refused', id, code: error.code, message: error.message };
  }
}

/** The first driver should not wait for the compiler: three times as long as any later one. */
function warmUp(shared: LandmarkRig): void {
  const { neutral, camera } = uncalibrated(shared, 640, 480);
  const landmarks = new Float32Array(LANDMARK_COUNT * 3);
  const { triangles, barycentric } = shared.embedding;
  const { template, triangles: corners } = shared.model;
  for (let point = 0; point < LANDMARK_COUNT; point++) {
    const at = [0, 0, 0];
    for (let corner = 0; corner < 3; corner++)
      for (let axis = 0; axis < 3; axis++)
        at[axis] +=
          barycentric[point * 3 + corner] * template[corners[triangles[point] * 3 + corner] * 3 + axis];
    const scale = camera.focalPx / 0.8;
    landmarks.set(
      [camera.centreX + at[0] * scale, camera.centreY - at[1] * scale, -at[2] * scale],
      point * 3,
    );
  }
  const face: TrackedFace = {
    sequence: 0,
    ptsMs: 0,
    captureTimeMs: 0,
    landmarks,
    points: LANDMARK_COUNT,
    confidence: 1,
    imageWidth: 640,
    imageHeight: 480,
  };
  absorbRest(shared.model, shared.embedding, { ...calibrate(shared, [face]), neutral });
}
