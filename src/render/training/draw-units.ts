import type { ExpressionRegion, HeadModel } from '../../reenact/head/head-model.ts';
import type { Random } from '../random.ts';

export interface DrawUnitsOptions {
  /** Units, or pairs of them, at once; fewer are likelier. */
  readonly most: number;
  /** How far each goes at most, of its upper bound. */
  readonly strength: number;
  /** Only units of this region. */
  readonly region?: ExpressionRegion;
}

/** How often the other side does the same. */
const BOTH_SIDES_SHARE = 0.85;

/** `[expressionCount]` a face of some units drawn at random, lids aside, mostly on both sides alike. */
export function drawUnits(
  model: HeadModel,
  random: Random,
  { most, strength, region }: DrawUnitsOptions,
): Float32Array {
  const psi = new Float32Array(model.expressionCount);
  const units = model.expressionUnits;
  const count = 1 + Math.floor(random.next() ** 1.5 * most);
  for (let pick = 0; pick < count; pick++) {
    const unit = Math.floor(random.next() * units.length);
    const { name, max, region: own } = units[unit];
    if (name.startsWith('blink') || (region !== undefined && own !== region)) continue;
    psi[unit] = max * strength * random.next() ** 1.3;
    const mate = mirrorOf(model, unit);
    if (mate >= 0 && random.next() < BOTH_SIDES_SHARE) psi[mate] = psi[unit] * random.between(0.8, 1.2);
  }
  return psi;
}

/** The same unit of the other side; -1 where there is none. */
function mirrorOf({ expressionUnits }: HeadModel, unit: number): number {
  const { name, side } = expressionUnits[unit];
  if (side === 'centre') return -1;
  const other = side === 'left' ? name.replace('left', 'right') : name.replace('right', 'left');
  return other === name ? -1 : expressionUnits.findIndex((candidate) => candidate.name === other);
}
