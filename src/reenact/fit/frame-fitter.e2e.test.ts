import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openVideo } from '../codec/open-video.ts';
import { DEFAULT_HEAD_PATH, embeddingPathOf } from '../head/default-head.ts';
import { loadHeadModel } from '../head/load-head-model.ts';
import { eulerFromMatrix, rodrigues } from '../head/rotation.ts';
import { createFaceTracker } from '../track/face-tracker.ts';
import type { FaceTracker, TrackedFace } from '../track/types.ts';
import { calibrate, uncalibrated } from './calibrate.ts';
import { FrameFitter } from './frame-fitter.ts';
import { loadLandmarkEmbedding } from './landmark-embedding.ts';
import { isOutline } from './landmark-groups.ts';
import { LandmarkRig } from './landmark-rig.ts';
import { interocularDistancePx } from './observation.ts';
import type { Calibration } from './types.ts';

const BUILTIN = fileURLToPath(new URL('../../../models/builtin/', import.meta.url));
const { LOKI_DATA_DIR } = process.env;
const DATA_DIR = LOKI_DATA_DIR ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const CLIPS = ['d0', 'd9', 'd10', 'd18', 'd20'];
const hasClips = existsSync(`${DATA_DIR}/drivers`);
const DEG = 180 / Math.PI;

let rig: LandmarkRig;
let tracker: FaceTracker;
beforeAll(async () => {
  const model = await loadHeadModel(DEFAULT_HEAD_PATH);
  rig = new LandmarkRig(model, await loadLandmarkEmbedding(embeddingPathOf(DEFAULT_HEAD_PATH), model));
  tracker = await createFaceTracker();
});
afterAll(() => tracker.close());

/** Every `stride`-th frame's face. */
async function facesOf(path: string, stride: number): Promise<TrackedFace[]> {
  const video = await openVideo(path);
  const faces: TrackedFace[] = [];
  tracker.reset();
  try {
    for await (const frame of video.frames()) {
      if (frame.sequence % stride !== 0) continue;
      const { face } = await tracker.track(frame);
      if (face !== null) faces.push(face);
    }
  } finally {
    await video.close();
  }
  return faces;
}

function spread(faces: readonly TrackedFace[], count: number): TrackedFace[] {
  return Array.from({ length: count }, (_, i) => faces[Math.floor(((i + 0.5) * faces.length) / count)]);
}

/** Distances of all landmarks but the outline over all frames, per cent of the inter-ocular distance. */
function reprojectionPercent(faces: readonly TrackedFace[], calibration: Calibration) {
  const fitter = new FrameFitter(rig, calibration);
  const errors: number[] = [];
  const worstGroups: number[] = [];
  for (const face of faces) {
    worstGroups.push(100 * fitter.fit(face).worstGroupIod);
    const scale = 100 / interocularDistancePx(face.landmarks);
    for (let landmark = 0; landmark < face.points; landmark++) {
      if (isOutline(landmark)) continue;
      const dx = fitter.landmarksPx[landmark * 2] - face.landmarks[landmark * 3];
      const dy = fitter.landmarksPx[landmark * 2 + 1] - face.landmarks[landmark * 3 + 1];
      errors.push(scale * Math.hypot(dx, dy));
    }
  }
  return {
    median: quantile(errors, 0.5),
    p95: quantile(errors, 0.95),
    worstGroupP95: quantile(worstGroups, 0.95),
  };
}

describe('the fit of the built-in driver, whose motion is known', () => {
  it('follows head, jaw and lids', async () => {
    const truth = gunzipSync(readFileSync(`${BUILTIN}driver.truth.ndjson.gz`))
      .toString()
      .trim()
      .split('\n')
      .slice(1)
      .map(
        (line) =>
          JSON.parse(line) as { yaw: number; pitch: number; roll: number; jaw: number; lids: number[] },
      );
    const faces = await facesOf(`${BUILTIN}driver.mp4`, 5);
    const calibration = calibrate(rig, spread(faces, 16));
    const fitter = new FrameFitter(rig, calibration);
    const blink = rig.model.expressionUnits.findIndex(({ name }) => name === 'blink-left');
    const pairs = faces.map((face) => {
      fitter.reset();
      const { theta, psi } = fitter.fit(face).coefficients;
      const { yaw, pitch, roll } = eulerFromMatrix(rodrigues(theta));
      const known = truth[face.sequence];
      return {
        yaw: [known.yaw, yaw * DEG],
        pitch: [known.pitch, pitch * DEG],
        roll: [known.roll, roll * DEG],
        jaw: [known.jaw, theta[6]],
        lids: [known.lids[0], psi[blink]],
      };
    });
    for (const [channel, slope, correlation] of [
      ['yaw', 0.8, 0.99],
      ['pitch', 0.75, 0.94],
      ['roll', 0.95, 0.99],
    ] as const) {
      const line = regress(pairs.map((pair) => pair[channel]));
      expect(line.slope, `${channel} slope`).toBeGreaterThan(slope);
      expect(line.slope, `${channel} slope`).toBeLessThan(1.15);
      expect(line.correlation, `${channel} correlation`).toBeGreaterThan(correlation);
    }
    expect(regress(pairs.map(({ jaw }) => jaw)).correlation).toBeGreaterThan(0.9);
    expect(regress(pairs.map(({ lids }) => lids)).correlation).toBeGreaterThan(0.9);
    const reprojection = reprojectionPercent(faces, calibration);
    expect(reprojection.median).toBeLessThan(1.5);
    expect(reprojection.p95).toBeLessThan(4);
  });
});

describe.skipIf(!hasClips)(`the fit of real clips (skipped without ${DATA_DIR}/drivers)`, () => {
  it('explains the landmarks, calibrated, from one frame alone, and uncalibrated', async () => {
    for (const clip of CLIPS) {
      const faces = await facesOf(`${DATA_DIR}/drivers/${clip}.mp4`, 12);
      const { imageWidth, imageHeight } = faces[0];
      const known = reprojectionPercent(faces, calibrate(rig, spread(faces, 13)));
      expect(known.median, clip).toBeLessThan(1.5);
      expect(known.p95, clip).toBeLessThan(4);
      expect(known.worstGroupP95, clip).toBeLessThan(8);
      const glimpsed = reprojectionPercent(faces, calibrate(rig, [faces[0]], { biasRounds: 0 }));
      expect(glimpsed.median, clip).toBeLessThan(2);
      expect(glimpsed.p95, clip).toBeLessThan(5);
      const unknown = reprojectionPercent(faces, uncalibrated(rig, imageWidth, imageHeight));
      expect(unknown.median, clip).toBeLessThan(2);
      expect(unknown.p95, clip).toBeLessThan(6);
    }
  });
});

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function regress(pairs: readonly (readonly number[])[]): { slope: number; correlation: number } {
  const mean = [0, 1].map((k) => pairs.reduce((sum, pair) => sum + pair[k] / pairs.length, 0));
  let [xx, xy, yy] = [0, 0, 0];
  for (const [x, y] of pairs) {
    xx += (x - mean[0]) ** 2;
    xy += (x - mean[0]) * (y - mean[1]);
    yy += (y - mean[1]) ** 2;
  }
  return { slope: xy / xx, correlation: xy / Math.sqrt(xx * yy) };
}
