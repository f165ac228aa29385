import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LandmarkRig } from '../fit/landmark-rig.ts';
import type { HeadCoefficients } from '../head/head-model.ts';
import { loadRig } from '../session.ts';
import { type MouthMatch, matchMouth, openingCurve } from './match-mouth.ts';
import { MouthMeter } from './mouth-meter.ts';
import { openingShares } from './opening-shares.ts';

let rig: LandmarkRig;
let match: MouthMatch;

beforeAll(async () => {
  rig = await loadRig();
  const mean = { beta: new Float32Array(rig.shapeCount), bias: new Float32Array(478 * 3) };
  const meter = new MouthMeter(rig, mean);
  match = { driver: meter, avatar: meter, curve: null, shares: openingShares(rig.model, rig.embedding) };
});

function face(jawRad: number, units: Readonly<Record<string, number>> = {}): HeadCoefficients {
  const psi = Float32Array.from(
    rig.model.expressionUnits,
    ({ name }) => units[name.replace(/-(left|right)$/, '')] ?? 0,
  );
  const theta = new Float32Array(15);
  theta[6] = jawRad;
  return { psi, theta, translation: Float32Array.of(0, 0, -0.6) };
}

describe('the mouth meter', () => {
  it('sees the jaw open the mouth, and crossed lips as less than shut', () => {
    const gaps = [-0.05, 0, 0.1, 0.2, 0.4].map((jawRad) => match.avatar.gap(face(jawRad)));
    for (let i = 1; i < gaps.length; i++) expect(gaps[i]).toBeGreaterThan(gaps[i - 1]);
    expect(gaps[4]).toBeGreaterThan(0.3);
    expect(gaps[0]).toBeLessThan(0.01);
  });

  it('does not mind how the head is turned about the line of sight', () => {
    const turned = face(0.2);
    turned.theta.set([0, 0, 0.4]);
    expect(match.avatar.gap(turned)).toBeCloseTo(match.avatar.gap(face(0.2)), 2);
  });
});

describe('matchMouth', () => {
  it('opens and shuts the mouth as wide as wanted, by jaw and lips', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.02, max: 0.35, noNaN: true }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        fc.double({ min: 0.03, max: 0.3, noNaN: true }),
        (jawRad, lips, wanted) => {
          const commanded = face(jawRad, { 'lips-part': lips });
          const matched = matchMouth(match, commanded, wanted);
          const moved = Math.abs(matched.theta[6] - jawRad);
          // As far as a jaw may be opened or shut beyond the driver's.
          if (moved < 0.14) expect(match.avatar.gap(matched)).toBeCloseTo(wanted, 1.7);
          expect(matched.theta[6]).toBeGreaterThanOrEqual(-0.0301);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('shuts lips that another face parts', () => {
    const shut = matchMouth(match, face(0.02, { 'lips-part': 0.4, 'upper-lip-raise': 0.3 }), 0);
    expect(match.avatar.gap(shut)).toBeLessThan(0.02);
  });

  it('opens further where the picture shows less', () => {
    const curve = openingCurve([0, 0.1, 0.2, 0.3, 0.4].map((told) => ({ told, seen: 0.7 * told })));
    const plain = matchMouth(match, face(0.1), 0.15);
    const shy = matchMouth({ ...match, curve }, face(0.1), 0.15);
    expect(match.avatar.gap(shy)).toBeCloseTo(0.15 / 0.7, 1.7);
    expect(shy.theta[6]).toBeGreaterThan(plain.theta[6]);
  });
});

describe('openingCurve', () => {
  it('rises, whatever was read', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            told: fc.double({ min: 0, max: 0.5, noNaN: true }),
            seen: fc.double({ min: 0, max: 0.5, noNaN: true }),
          }),
          {
            minLength: 2,
            maxLength: 12,
          },
        ),
        (readings) => {
          const curve = openingCurve(readings);
          if (curve === null) return;
          for (let k = 1; k < curve.told.length; k++) {
            expect(curve.told[k]).toBeGreaterThan(curve.told[k - 1]);
            expect(curve.seen[k]).toBeGreaterThan(curve.seen[k - 1]);
          }
        },
      ),
    );
  });

  it('is none for a handful of readings', () => {
    expect(
      openingCurve([
        { told: 0, seen: 0 },
        { told: 0.2, seen: 0.2 },
      ]),
    ).toBeNull();
  });
});
