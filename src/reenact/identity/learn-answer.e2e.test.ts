import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAvatar } from '../avatar.ts';
import { FrameFitter } from '../fit/frame-fitter.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import { generatorOf } from '../geometric/generator.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { geodesicAngle, logRotation, multiply, rodrigues, transpose } from '../head/rotation.ts';
import { loadRig } from '../session.ts';
import { createFaceTracker } from '../track/face-tracker.ts';
import type { FaceTracker } from '../track/types.ts';
import { tellTurn } from './picture-answer.ts';

const AVATAR = fileURLToPath(new URL('../../../models/builtin/avatars/priya.jpg', import.meta.url));
const RAD = Math.PI / 180;
/** None of them is a probe: turn about x, y, z in degrees, the jaw in radians, and what units of a name are told. */
const HELD_OUT: readonly [number, number, number, number, Readonly<Record<string, number>>][] = [
  [0, 0, 0, 0.15, {}],
  [0, 8, 0, 0.12, { 'brow-inner-lift': 0.5, 'brow-middle-lift': 0.4 }],
  [-6, 0, 0, 0.24, {}],
  [4, -15, 0, 0, { smile: 0.6, 'cheek-raise': 0.4 }],
  [10, 6, 0, 0.1, {}],
  [-11, 0, 5, 0, { 'brow-inner-lift': 0.6, 'lips-pucker': 0.4 }],
  [0, 17, -5, 0.2, {}],
  [3, -7, 0, 0.28, { 'upper-lip-raise': 0.4, 'nose-sneer': 0.3 }],
  [8, 0, 0, 0, { 'brow-down': 0.5, 'lips-part': 0.3 }],
];

let rig: LandmarkRig;
let tracker: FaceTracker;

beforeAll(async () => {
  rig = await loadRig();
  tracker = await createFaceTracker();
});

afterAll(() => tracker.close());

describe('learnAnswer', () => {
  it('makes turns, openings and expressions that were never probed read as commanded', async () => {
    const avatar = await buildAvatar(rig, tracker, AVATAR, { size: 512 });
    const { reference } = avatar.rig;
    expect(reference.answer?.opening).not.toBeNull();
    const generator = generatorOf(avatar.rig);
    const fitter = new FrameFitter(rig, reference.calibration);
    const read = async (coefficients: HeadCoefficients): Promise<ArrayLike<number>> => {
      const frame = await generator.generate({ sequence: 0, ptsMs: 0, captureTimeMs: 0, coefficients });
      tracker.reset();
      await tracker.track(frame);
      const { face } = await tracker.track(frame);
      fitter.reset();
      return headRotation(fitter.fit(face!).coefficients);
    };
    const off = { told: 0, plain: 0 };
    for (const [x, y, z, jawRad, named] of HELD_OUT) {
      const own = reference.coefficients;
      const rotation = multiply(rodrigues([x * RAD, y * RAD, z * RAD]), headRotation(own));
      const theta = Float32Array.from(own.theta);
      theta.set(logRotation(multiply(transpose(rodrigues(theta)), rotation)), 3);
      theta[6] = jawRad;
      const psi = own.psi.map((value, unit) => {
        const { name, max } = rig.model.expressionUnits[unit];
        return Math.min(max, value + (named[name.replace(/-(left|right)$/, '')] ?? 0));
      });
      const commanded = { ...own, psi, theta };
      off.plain += geodesicAngle(rotation, await read(commanded)) / RAD / HELD_OUT.length;
      off.told += geodesicAngle(rotation, await read(tellTurn(reference, commanded))) / RAD / HELD_OUT.length;
    }
    await generator.close();
    expect(off.told, `${off.told.toFixed(2)}° against ${off.plain.toFixed(2)}°`).toBeLessThan(
      0.7 * off.plain,
    );
    // The npm package's face model, where set-up could not fetch the finer one, is less exact.
    expect(off.told).toBeLessThan(/face_landmarker/.test(tracker.source) ? 1.2 : 1.7);
  });
});
