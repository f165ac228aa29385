import { expect, test } from 'vitest';
import { projectPoints, surfacePoints } from '../../reenact/geometric/seated-head.ts';
import { poseHead } from '../../reenact/head/pose-head.ts';
import { shapeHead } from '../../reenact/head/shape-head.ts';
import { cropAroundFace, landmarkBounds } from '../../reenact/identity/portrait.ts';
import { loadRig } from '../../reenact/session.ts';
import { createRandom } from '../../render/random.ts';
import { drawPortraitPose } from '../../render/training/portrait-pose.ts';
import { framePortrait } from './framing.ts';

test('a framed portrait is what loading it would cut out', async () => {
  const { model, embedding } = await loadRig();
  const points = surfacePoints(embedding, model.triangles);
  const shaped = shapeHead(model, new Float32Array(model.shapeCount));
  for (let seed = 1; seed <= 12; seed++) {
    const { coefficients } = drawPortraitPose(model, createRandom(seed));
    const posed = poseHead(shaped, coefficients);
    const camera = framePortrait(posed, points, 2.6, 512);
    const landmarks = projectPoints(camera, posed, points, new Float32Array(478 * 3));
    const stamp = { sequence: 0, ptsMs: 0, captureTimeMs: 0 };
    const bounds = landmarkBounds({
      ...stamp,
      landmarks,
      points: 478,
      confidence: 1,
      imageWidth: 512,
      imageHeight: 512,
    });
    expect(bounds.bottom - bounds.top).toBeCloseTo(512 / 2.6, 1);
    // In a picture that goes on all around, the crop is the frame itself.
    const shifted = {
      left: bounds.left + 1000,
      right: bounds.right + 1000,
      top: bounds.top + 1000,
      bottom: bounds.bottom + 1000,
    };
    const crop = cropAroundFace(4000, 4000, shifted);
    for (const [found, wanted] of [
      [crop.x, 1000],
      [crop.y, 1000],
      [crop.side, 512],
    ])
      expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1);
  }
});
