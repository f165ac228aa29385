import { describe, expect, it } from 'vitest';
import { matrixFromEuler } from '../head/rotation.ts';
import { missedBars } from './bars.ts';
import { type AvatarSample, type MotionSample, ResidualHistogram } from './motion-log.ts';
import { summariseMotion } from './report.ts';

const RAD = Math.PI / 180;
const PORTRAIT = matrixFromEuler({ yaw: 0, pitch: 0, roll: 0 });

/** A driver that turns, talks and blinks, and the motion that it commands. */
function driver(frames: number, yawDeg: number): MotionSample[] {
  return Array.from({ length: frames }, (_, i) => {
    const rotation = matrixFromEuler({
      yaw: yawDeg * RAD * Math.sin(i / 9),
      pitch: 2 * RAD * Math.sin(i / 5),
      roll: 0,
    });
    return {
      sequence: i,
      tracked: true,
      driverRotation: rotation,
      commandedRotation: rotation,
      driver: { mouthGap: 0.2 + 0.2 * Math.sin(i / 3), lidOpening: i % 25 < 4 ? 0.05 : 0.3, gaze: 0 },
      worstGroupIod: 0.02,
    };
  });
}

function asAvatar(sample: MotionSample): AvatarSample {
  return { rotation: sample.commandedRotation, measures: sample.driver! };
}

const NONE = new ResidualHistogram();
const REST: AvatarSample = { rotation: PORTRAIT, measures: { mouthGap: 0.1, lidOpening: 0.3, gaze: 0 } };

describe('summariseMotion', () => {
  it('finds nothing to complain of where the avatar does just as commanded', () => {
    const motion = driver(200, 20);
    const report = summariseMotion(motion, NONE, motion.map(asAvatar), PORTRAIT);
    expect(missedBars(report)).toEqual([]);
    expect(report.headPoseGain.yaw).toBeCloseTo(1);
    expect(report.headPoseGain.roll).toBeNull();
    expect(report.mouthGap.slope).toBeCloseTo(1);
    expect(report.headPoseFollowFrozenDeg.p95).toBeGreaterThan(15);
  });

  it('fails a frozen portrait even on a calm driver, by the frozen baseline itself', () => {
    const motion = driver(200, 3.5);
    const report = summariseMotion(
      motion,
      NONE,
      motion.map(() => REST),
      PORTRAIT,
    );
    expect(report.headPoseFollowDeg).toEqual(report.headPoseFollowFrozenDeg);
    const missed = missedBars(report).join('\n');
    expect(missed).toMatch(/head pose follow, median/);
    expect(missed).toMatch(/mouth gap/);
    expect(missed).toMatch(/lid closure/);
  });

  it('counts the frames in which the avatar has no face, and leaves them out of the rest', () => {
    const motion = driver(50, 10);
    const report = summariseMotion(
      motion,
      NONE,
      motion.map((sample, i) => (i < 5 ? null : asAvatar(sample))),
      PORTRAIT,
    );
    expect(report.avatarLost).toBe(5);
    expect(report.headPoseFollowDeg.p95).toBeCloseTo(0, 5);
  });

  it('pools residuals over frames and landmarks, the outline left out', () => {
    const landmarks = new Float32Array(478 * 3);
    // Eyes 100 px apart, so that a pixel is 1 %.
    for (const corner of [263, 362]) landmarks[corner * 3] = 100;
    const fittedPx = Float32Array.from(
      { length: 956 },
      (_, i) => landmarks[(i >> 1) * 3 + (i & 1)] + (i & 1),
    );
    fittedPx[152 * 2] = 50; // The chin belongs to the oval.
    const residuals = new ResidualHistogram();
    const face = {
      landmarks,
      points: 478,
      confidence: 1,
      imageWidth: 512,
      imageHeight: 512,
      sequence: 0,
      ptsMs: 0,
      captureTimeMs: 0,
    } as const;
    residuals.add({ face, fitted: null, fittedPx });
    const { reprojectionIod } = summariseMotion(driver(2, 5), residuals, [REST, REST], PORTRAIT);
    expect(reprojectionIod.median).toBeCloseTo(0.01, 3);
    expect(reprojectionIod.p95).toBeCloseTo(0.01, 3);
  });
});
