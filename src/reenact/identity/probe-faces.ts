import type { ExpressionUnit, HeadCoefficients } from '../head/head-model.ts';
import { headRotation } from '../head/head-rotation.ts';
import { logRotation, multiply, rodrigues, transpose } from '../head/rotation.ts';

/** One still of an avatar: the portrait's face, moved. */
export interface Probe {
  /** From the portrait's rotation about x, y, z. */
  readonly turnDeg: readonly [number, number, number];
  readonly jawRad: number;
  /** Brow units that raise (above 0) or lower the brows are told this much. */
  readonly brows?: number;
  /** Units that part the lips are told this much. */
  readonly lips?: number;
  /** The lids are told to close (above 0) or to open (below 0) this much. */
  readonly lids?: number;
  /** Both eyes look down and to their left by this much further than the portrait's. */
  readonly gazeRad?: readonly [number, number];
  /** `[expressionCount]` what else each unit is told. */
  readonly units?: Float32Array;
}

export const STRAIGHT = [0, 0, 0] as const;
/**
 * One thing at a time, in an order that a tracker can follow: how wide the mouth and the eyes are read, and how far
 * turns carry.
 */
export const PLAIN_PROBES: readonly Probe[] = [
  ...[0, 0.05, 0.1, 0.2, 0.3, 0.45].map((jawRad): Probe => ({ turnDeg: STRAIGHT, jawRad })),
  ...[0.4, 0.2, 0.1, 0.05, 0].map((jawRad): Probe => ({ turnDeg: STRAIGHT, jawRad, lips: 0.3 })),
  ...[0.3, 0.6, -0.6, -0.3].map((brows): Probe => ({ turnDeg: STRAIGHT, jawRad: 0.05, brows })),
  ...[-10, -20, -12, 0, 10, 20, 12].map((yaw): Probe => ({ turnDeg: [0, yaw, 0], jawRad: 0 })),
  ...[8, 15, 8, 0, -8, -15, -8].map((pitch): Probe => ({ turnDeg: [pitch, 0, 0], jawRad: 0 })),
  ...[-6, -12, 6, 12].map((roll): Probe => ({ turnDeg: [0, 0, roll], jawRad: 0 })),
  ...[0.2, 0.4, -0.5].map((lids): Probe => ({ turnDeg: STRAIGHT, jawRad: 0, lids })),
  ...([-0.5, -0.25, 0.25, 0.5] as const).map(
    (aside): Probe => ({ turnDeg: STRAIGHT, jawRad: 0, gazeRad: [0, aside] }),
  ),
  ...([-0.15, 0.15] as const).map((down): Probe => ({ turnDeg: STRAIGHT, jawRad: 0, gazeRad: [down, 0] })),
];

/** What the units of a head do to brows and lips, each `[expressionCount]`. */
export interface UnitEffects {
  /** How far each raises the brows, inter-ocular distances. */
  readonly browHeights: ArrayLike<number>;
  /** Of `openingShares`. */
  readonly shares: ArrayLike<number>;
}

/** The portrait's face as the probe has it, its head turned in the neck joint. */
export function probeFace(
  expressionUnits: readonly ExpressionUnit[],
  own: HeadCoefficients,
  { turnDeg, jawRad, brows = 0, lips = 0, lids = 0, gazeRad = [0, 0], units }: Probe,
  { browHeights, shares }: UnitEffects,
): HeadCoefficients {
  const rotation = multiply(rodrigues(radians(turnDeg)), headRotation(own));
  const theta = Float32Array.from(own.theta);
  theta.set(logRotation(multiply(transpose(rodrigues(theta)), rotation)), 3);
  theta[6] = jawRad;
  for (const eye of [9, 12]) for (const axis of [0, 1]) theta[eye + axis] += gazeRad[axis];
  const psi = own.psi.map((value, unit) => {
    const { name, region, min, max } = expressionUnits[unit];
    const raises = region === 'brows' && browHeights[unit] * brows > 0 ? Math.abs(brows) : 0;
    const told = value + raises + lips * shares[unit] + lidsTold(name, lids) + (units?.[unit] ?? 0);
    return Math.min(max, Math.max(min, told));
  });
  return { ...own, psi, theta };
}

function radians(degrees: readonly number[]): number[] {
  return degrees.map((angle) => (angle * Math.PI) / 180);
}

function lidsTold(unit: string, lids: number): number {
  return unit.startsWith(lids > 0 ? 'blink' : 'eye-wide') ? Math.abs(lids) : 0;
}
