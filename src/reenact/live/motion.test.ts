import { beforeAll, describe, expect, it } from 'vitest';
import { EXPRESSION_PRESETS } from '../../contract/expression-presets.ts';
import { uncalibrated } from '../fit/calibrate.ts';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { loadRig } from '../session.ts';
import { canonicalFace, sameAspect } from './canonical-face.ts';
import { PresetOverlay } from './expression-preset.ts';
import { HandOver } from './hand-over.ts';
import { restoreCalibration, saveCalibration } from './saved-calibration.ts';

let rig: LandmarkRig;
beforeAll(async () => {
  rig = await loadRig();
});

const stamp = (ptsMs: number) => ({ sequence: 0, ptsMs, captureTimeMs: 0 });

function motion(psi: number, turn: number): HeadCoefficients {
  const theta = new Float32Array(15);
  theta[4] = turn;
  return { psi: new Float32Array(3).fill(psi), theta, translation: Float32Array.of(psi, 0, -1) };
}

describe('hand-over', () => {
  it('hides a jump and is gone after half a second', () => {
    const handOver = new HandOver();
    handOver.apply(stamp(0), motion(0.2, 0.3));
    handOver.begin();
    const first = handOver.apply(stamp(40), motion(0.6, -0.2));
    expect(first.psi[0]).toBeCloseTo(0.2, 5);
    expect(first.theta[4]).toBeCloseTo(0.3, 5);
    let last = first;
    for (let ms = 80; ms < 540; ms += 20) {
      const next = handOver.apply(stamp(ms), motion(0.6, -0.2));
      expect(Math.abs(next.theta[4] - last.theta[4])).toBeLessThan(0.035);
      expect(next.psi[0]).toBeGreaterThanOrEqual(last.psi[0]);
      last = next;
    }
    const target = motion(0.6, -0.2);
    expect(handOver.apply(stamp(540), target)).toBe(target);
  });

  it('goes on with the new motion underneath, and does nothing where nothing went before', () => {
    const handOver = new HandOver();
    handOver.begin();
    const first = motion(1, 1);
    expect(handOver.apply(stamp(0), first)).toBe(first);
    handOver.begin();
    handOver.apply(stamp(40), motion(0, 0));
    const moved = handOver.apply(stamp(60), motion(0.5, 0));
    expect(moved.psi[0]).toBeGreaterThan(1.4);
  });
});

describe('expression presets', () => {
  it('each move the face within the units of the head, easing in and out', () => {
    const count = rig.model.expressionCount;
    const rest = {
      psi: new Float32Array(count),
      theta: new Float32Array(15),
      translation: new Float32Array(3),
    };
    for (const name of EXPRESSION_PRESETS) {
      const overlay = new PresetOverlay(rig.model);
      expect(overlay.apply(stamp(0), rest)).toBe(rest);
      overlay.hold(name);
      const amount = ({ psi }: HeadCoefficients): number => psi.reduce((sum, value) => sum + value, 0);
      const eased = [0, 100, 220, 300].map((ms) => amount(overlay.apply(stamp(ms), rest)));
      expect(eased[0]).toBe(0);
      expect(eased[1]).toBeGreaterThan(0);
      expect(eased[2]).toBeGreaterThan(Math.max(0.6, eased[1]));
      expect(eased[3]).toBe(eased[2]);
      const held = overlay.apply(stamp(320), { ...rest, psi: new Float32Array(count).fill(1) });
      expect(held.psi.every((value, unit) => value <= rig.model.expressionUnits[unit].max + 1e-6)).toBe(true);
      overlay.hold(null);
      overlay.apply(stamp(400), rest);
      expect(amount(overlay.apply(stamp(700), rest))).toBeCloseTo(0, 6);
      expect(overlay.apply(stamp(740), rest)).toBe(rest);
    }
  });

  it('names that are none do nothing', () => {
    const overlay = new PresetOverlay(rig.model);
    overlay.hold('constructor');
    const rest = uncalibrated(rig, 100, 100).neutral;
    expect(overlay.apply(stamp(500), rest).psi).toEqual(rest.psi);
  });
});

describe('saved calibrations', () => {
  it('come back through JSON, and not where head or shape are others', () => {
    const calibration = uncalibrated(rig, 1280, 720);
    calibration.neutral.psi[2] = 0.25;
    const driver = { calibration, imageWidth: 1280, imageHeight: 720, explicitNeutral: true };
    const saved = JSON.parse(JSON.stringify(saveCalibration(rig.model, driver)));
    expect(restoreCalibration(rig.model, saved)).toEqual(driver);
    expect(restoreCalibration(rig.model, { ...saved, headSha256: 'other' })).toBeNull();
    expect(restoreCalibration(rig.model, { ...saved, bias: [1, 2] })).toBeNull();
  });
});

describe('canonical faces', () => {
  it('have the same size for the same aspect, whatever the camera sends', () => {
    const face = (imageWidth: number, imageHeight: number) => ({
      ...stamp(0),
      landmarks: Float32Array.of(imageWidth / 2, imageHeight / 4, 0),
      points: 478 as const,
      confidence: 1,
      imageWidth,
      imageHeight,
    });
    const [large, small] = [canonicalFace(face(1280, 720)), canonicalFace(face(320, 180))];
    expect([small.imageWidth, small.imageHeight]).toEqual([large.imageWidth, large.imageHeight]);
    expect(Array.from(small.landmarks)).toEqual(Array.from(large.landmarks));
    expect(sameAspect(large, canonicalFace(face(214, 120)))).toBe(true);
    expect(sameAspect(large, canonicalFace(face(640, 480)))).toBe(false);
    expect(sameAspect(large, canonicalFace(face(720, 1280)))).toBe(false);
  });
});
