import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeadCoefficients } from '../head/head-model.ts';
import { type LidUnits, regressLids, tellLids } from './lid-answer.ts';

/** Blink left and right, wide left and right, and a unit of the mouth. */
const UNITS: LidUnits = {
  left: Float64Array.of(-0.09, 0, 0.03, 0, 0),
  right: Float64Array.of(0, -0.09, 0, 0.03, 0),
  most: Float64Array.of(1, 1, 1, 1, 1),
};

function face(psi: readonly number[], jawRad = 0, down = 0, aside = 0): HeadCoefficients {
  const theta = new Float32Array(15);
  theta[6] = jawRad;
  theta.set([down, aside, 0, down, aside, 0], 9);
  return { psi: Float32Array.from(psi), theta, translation: Float32Array.of(0, 0, -1) };
}

const REST = face([0, 0, 0, 0, 0]);
const WAYS = [0, 0.1, 0.3, 0.5].flatMap((jawRad) =>
  [-0.5, -0.2, 0, 0.2, 0.5].flatMap((aside) =>
    [0, 0.3].map((blink) => face([blink, blink, 0, 0, 0], jawRad, aside / 5, aside)),
  ),
);

/** A picture whose eyes are read narrower with the jaw open and when they look aside. */
function read({ psi, theta }: HeadCoefficients): number {
  const apart = -0.045 * (psi[0] + psi[1]) + 0.015 * (psi[2] + psi[3]);
  return 0.35 + 2.5 * apart - 0.05 * theta[6] - 0.06 * Math.abs(theta[10]);
}

const learned = regressLids(
  UNITS,
  REST,
  WAYS.map((told) => ({ told, seen: read(told) })),
);
if (learned === null) throw new Error('the lids of this picture move');

describe('tellLids', () => {
  it('has the eyes read as far open as commanded, whatever jaw and gaze do', () => {
    const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(between(0, 0.5), between(-0.6, 0.6), between(0, 0.2), (jawRad, aside, blink) => {
        const commanded = face([blink, blink, 0.1, 0.1, 0.5], jawRad, 0, aside);
        const wanted = read({ ...commanded, theta: REST.theta });
        const off = Math.abs(read(tellLids(learned, REST, commanded)) - wanted);
        expect(off).toBeLessThan(0.3 * Math.abs(read(commanded) - wanted) + 0.003);
      }),
    );
  });

  it('leaves the portrait at rest, the mouth, and closed lids as they are', () => {
    expect(tellLids(learned, REST, REST).psi).toEqual(REST.psi);
    const shut = face([1, 1, 0, 0, 0.7], 0.4, 0, 0.5);
    expect(tellLids(learned, REST, shut).psi).toEqual(shut.psi);
  });

  it('never leaves the bounds of the units', () => {
    const jaw = { ...learned, further: learned.further.map(() => -10) };
    const told = tellLids(jaw, REST, face([0.1, 0, 0.9, 0.2, 0], 0.5, 0, 0.5));
    expect(Math.min(...told.psi)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...told.psi)).toBeLessThanOrEqual(1);
  });
});

it('nothing is learned of a picture whose lids are not seen to move', () => {
  const readings = WAYS.map((told) => ({ told, seen: 0.3 - 0.1 * told.theta[6] }));
  expect(regressLids(UNITS, REST, readings)).toBeNull();
});

it('a jaw that seems to open the eyes is not answered', () => {
  const odd = WAYS.map((told) => ({ told, seen: read(told) + 0.15 * told.theta[6] }));
  const answer = regressLids(UNITS, REST, odd);
  expect(answer?.further[0]).toBe(0);
  expect(answer?.further[3]).toBeCloseTo(learned.further[3], 2);
});
