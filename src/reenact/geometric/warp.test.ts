import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RgbaImage } from '../frame.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { logRotation, matrixFromEuler, multiply, rodrigues, transpose } from '../head/rotation.ts';
import { LEFT_LIDS, MOUTH } from './openings.ts';
import { IRIS_COLOR, portraitFixture } from './portrait-fixture.ts';
import { buildWarpRig, type WarpRig } from './rig.ts';
import { warp } from './warp.ts';

interface Change {
  yaw?: number;
  pitch?: number;
  roll?: number;
  jaw?: number;
  gaze?: number;
  units?: Record<string, number>;
}

/** The portrait's own coefficients with a turn in the neck and an expression. */
function changed(
  rig: WarpRig,
  { yaw = 0, pitch = 0, roll = 0, jaw = 0, gaze = 0, units = {} }: Change,
): HeadCoefficients {
  const own = rig.reference.coefficients;
  const degree = Math.PI / 180;
  const turn = matrixFromEuler({ yaw: yaw * degree, pitch: pitch * degree, roll: roll * degree });
  const global = rodrigues(own.theta);
  const theta = Float32Array.from(own.theta);
  theta.set(logRotation(multiply(transpose(global), multiply(turn, global))), 3);
  theta[6] += jaw;
  theta[10] += gaze;
  theta[13] += gaze;
  const psi = Float32Array.from(own.psi);
  rig.head.model.expressionUnits.forEach(({ name }, i) => {
    psi[i] += units[name] ?? 0;
  });
  return { psi, theta, translation: own.translation };
}

function psnr(a: RgbaImage, b: RgbaImage): number {
  let squared = 0;
  for (let i = 0; i < a.data.length; i++) squared += (a.data[i] - b.data[i]) ** 2;
  return 10 * Math.log10(255 ** 2 / ((squared * 4) / 3 / a.data.length));
}

/** Pixels as blue as the fixture's irises. */
function irisPixels({ data }: RgbaImage): { count: number; meanX: number } {
  let count = 0;
  let sum = 0;
  for (let p = 0; p < data.length; p += 4)
    if (Math.hypot(data[p] - IRIS_COLOR[0], data[p + 1] - IRIS_COLOR[1], data[p + 2] - IRIS_COLOR[2]) < 60) {
      count++;
      sum += (p / 4) % 256;
    }
  return { count, meanX: sum / count };
}

describe('a frontal portrait', () => {
  let rig: WarpRig;
  let portrait: RgbaImage;

  beforeAll(async () => {
    rig = buildWarpRig(await portraitFixture());
    portrait = rig.reference.image;
  });

  it('is given back where nothing moves', () => {
    expect(psnr(warp(rig, rig.reference.coefficients), portrait)).toBeGreaterThan(40);
  });

  it('gives the same pixels for the same coefficients, whatever was drawn before', () => {
    const motion = changed(rig, { yaw: 12, jaw: 0.2, units: { 'blink-left': 0.6 } });
    const once = warp(rig, motion).data.slice();
    warp(rig, changed(rig, { yaw: -30, pitch: 10, jaw: 0.1 }));
    expect(Buffer.compare(warp(rig, motion).data, once)).toBe(0);
  });

  it('carries the face exactly: what was at a landmark is at the moved landmark', () => {
    const motion = changed(rig, { yaw: 15, pitch: 5 });
    warp(rig, rig.reference.coefficients);
    const before = rig.landmarks.slice();
    const still = rig.image.data.slice();
    const { data } = warp(rig, motion);
    const colorAt = (pixels: Uint8Array, landmarks: Float32Array, i: number): number[] => {
      const p = (Math.floor(landmarks[i * 3 + 1]) * 256 + Math.floor(landmarks[i * 3])) * 4;
      return [pixels[p], pixels[p + 1], pixels[p + 2]];
    };
    // Cheeks, forehead, chin and nose: places without edges.
    for (const i of [50, 280, 151, 199, 4]) {
      const moved = Math.hypot(
        rig.landmarks[i * 3] - before[i * 3],
        rig.landmarks[i * 3 + 1] - before[i * 3 + 1],
      );
      expect(moved).toBeGreaterThan(2);
      const [was, is] = [colorAt(still, before, i), colorAt(data, rig.landmarks, i)];
      expect(Math.hypot(...was.map((level, k) => level - is[k]))).toBeLessThan(6);
    }
  });

  it('leaves the background and its edges alone when the head turns', () => {
    const { data } = warp(rig, changed(rig, { yaw: 25, pitch: -10 }));
    let worst = 0;
    for (let y = 0; y < 100; y++)
      for (const x of [0, 1, 8, 16, 24, 232, 240, 254, 255])
        for (let k = 0; k < 3; k++) {
          const i = (y * 256 + x) * 4 + k;
          worst = Math.max(worst, Math.abs(data[i] - portrait.data[i]));
        }
    expect(worst).toBeLessThanOrEqual(1);
  });

  it('hides the irises when the lids close and shows them whole when they are wide', () => {
    const open = irisPixels(warp(rig, rig.reference.coefficients)).count;
    const half = irisPixels(
      warp(rig, changed(rig, { units: { 'blink-left': 0.5, 'blink-right': 0.5 } })),
    ).count;
    const shut = irisPixels(warp(rig, changed(rig, { units: { 'blink-left': 1, 'blink-right': 1 } }))).count;
    expect(open).toBeGreaterThan(50);
    expect(half).toBeLessThan(0.85 * open);
    expect(half).toBeGreaterThan(0.1 * open);
    expect(shut).toBeLessThan(0.02 * open);
  });

  it('moves the irises with the gaze, to the same side and without tearing them', () => {
    const ahead = irisPixels(warp(rig, rig.reference.coefficients));
    const left = irisPixels(warp(rig, changed(rig, { gaze: 0.3 })));
    expect(left.meanX - ahead.meanX).toBeGreaterThan(1.5);
    expect(left.count).toBeGreaterThan(0.7 * ahead.count);
  });

  it('opens the mouth as far as the jaw drops', () => {
    const opened = [0, 0.08, 0.16, 0.24].map((jaw) => {
      const still = portrait.data;
      const { data } = warp(rig, changed(rig, { jaw }));
      const [top, bottom] = [MOUTH.upper[5], MOUTH.lower[5]].map((i) => rig.landmarks[i * 3 + 1]);
      const x = Math.floor(rig.landmarks[MOUTH.upper[5] * 3]);
      let changedRows = 0;
      for (let y = Math.floor(top) - 4; y < bottom + 4; y++) {
        const i = (y * 256 + x) * 4;
        // Dark or pale between the lips, where skin was.
        if (Math.abs(data[i] - still[i]) > 25) changedRows++;
      }
      return { gap: bottom - top, changedRows };
    });
    expect(opened[0].changedRows).toBe(0);
    for (const i of [1, 2, 3]) {
      expect(opened[i].gap).toBeGreaterThan(opened[i - 1].gap + 2);
      expect(opened[i].changedRows).toBeGreaterThan(opened[i - 1].changedRows);
      expect(opened[i].changedRows).toBeGreaterThan(0.6 * opened[i].gap);
    }
  });

  it('leaves no hole and no stray number whatever it is told to do', () => {
    const units = rig.head.model.expressionUnits;
    fc.assert(
      fc.property(
        fc.record({
          yaw: fc.double({ min: -60, max: 60, noNaN: true }),
          pitch: fc.double({ min: -45, max: 45, noNaN: true }),
          roll: fc.double({ min: -60, max: 60, noNaN: true }),
          jaw: fc.double({ min: -0.05, max: 0.5, noNaN: true }),
          gaze: fc.double({ min: -0.7, max: 0.7, noNaN: true }),
          psi: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 }),
          shift: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -0.08, max: 0.08, noNaN: true }))),
        }),
        ({ psi, shift, ...change }) => {
          const motion = changed(rig, change);
          psi.forEach((value, i) => {
            motion.psi[(i * 13) % units.length] = value;
          });
          const translation = motion.translation.map((value, axis) => value + shift[axis]);
          rig.target.color.fill(0);
          const { data } = warp(rig, { ...motion, translation });
          for (let p = 3; p < data.length; p += 4) if (data[p] !== 255) return false;
          return rig.landmarks.every(Number.isFinite);
        },
      ),
      { numRuns: 40, seed: 7 },
    );
  });
});

describe('other portraits', () => {
  it('gives a turned portrait with an open mouth back, too', async () => {
    const rig = buildWarpRig(await portraitFixture({ yawDeg: 20, jawRad: 0.2 }));
    expect(psnr(warp(rig, rig.reference.coefficients), rig.reference.image)).toBeGreaterThan(38);
  });

  it('shuts a mouth that the portrait shows open', async () => {
    const rig = buildWarpRig(await portraitFixture({ jawRad: 0.2 }));
    const inMouth = (): number => {
      const [x, top, bottom] = [rig.landmarks[13 * 3], rig.landmarks[13 * 3 + 1], rig.landmarks[14 * 3 + 1]];
      let dark = 0;
      for (let y = Math.floor(top) - 2; y < bottom + 2; y++)
        if (rig.image.data[(y * 256 + Math.floor(x)) * 4] < 140) dark++;
      return dark;
    };
    warp(rig, rig.reference.coefficients);
    const open = inMouth();
    warp(rig, changed(rig, { jaw: -0.2 }));
    expect(open).toBeGreaterThan(6);
    expect(inMouth()).toBeLessThanOrEqual(1);
  });

  it('does without tracked irises', async () => {
    const rig = buildWarpRig(await portraitFixture({ points: 468 }));
    const open = irisPixels(warp(rig, rig.reference.coefficients)).count;
    expect(open).toBeGreaterThan(50);
    const lids = LEFT_LIDS.upper.map((i) => rig.landmarks[i * 3]);
    expect(Math.max(...lids) - Math.min(...lids)).toBeGreaterThan(8);
  });
});
