import type { ExpressionUnit, HeadCoefficients } from '../head/head-model.ts';

const mirrorsOf = new WeakMap<readonly ExpressionUnit[], Int32Array>();

/**
 * The same motion seen in a mirror (reflection of x): left and right units and eyes change places, turns about y and z
 * and the displacement along x change sign. Units without a partner of the mirrored name stay as they are, so an
 * imported FLAME, whose components have no sides, mirrors pose, jaw and gaze only.
 */
export function mirrorCoefficients(
  { psi, theta, translation }: HeadCoefficients,
  units: readonly ExpressionUnit[],
): HeadCoefficients {
  const partners = mirrorPartners(units);
  const mirroredTheta = new Float32Array(15);
  for (let joint = 0; joint < 5; joint++) {
    const from = (joint === 3 ? 4 : joint === 4 ? 3 : joint) * 3;
    mirroredTheta[joint * 3] = theta[from];
    mirroredTheta[joint * 3 + 1] = -theta[from + 1];
    mirroredTheta[joint * 3 + 2] = -theta[from + 2];
  }
  return {
    psi: psi.map((_, c) => psi[partners[c]]),
    theta: mirroredTheta,
    translation: Float32Array.of(-translation[0], translation[1], translation[2]),
  };
}

/** For each unit the one on the other side, by name (`smile-left` and `smile-right`); itself where there is none. */
export function mirrorPartners(units: readonly ExpressionUnit[]): Int32Array {
  let partners = mirrorsOf.get(units);
  if (!partners) {
    const byName = new Map(units.map(({ name }, c) => [name, c]));
    partners = Int32Array.from(units, ({ name }, c) => byName.get(mirroredName(name)) ?? c);
    mirrorsOf.set(units, partners);
  }
  return partners;
}

function mirroredName(name: string): string {
  return name.replace(/left|right/g, (side) => (side === 'left' ? 'right' : 'left'));
}
