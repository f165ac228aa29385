import { seededRandom } from '../fit/seeded-random.ts';
import type { ExpressionRegion, ExpressionUnit } from '../head/head-model.ts';
import type { Probe } from './probe-faces.ts';
import { mirrorPartners } from './swap-mirror.ts';

const SEED = 1;
/** Where talking heads are: turns about x, y and z, standard deviation and most. */
const TURN_SD_DEG = [5, 6, 3];
const MOST_TURN_DEG = 18;
const SHUT_SHARE = 0.4;
const MOST_JAW_RAD = 0.35;
const BROWS_SHARE = 0.35;
const BROWS = { least: -0.5, most: 0.6 };
/** Each does something of its own in most faces: up to five units, mostly with their mirror images. */
const REGIONS: readonly (readonly ExpressionRegion[])[] = [
  ['brows'],
  ['mouth', 'jaw'],
  ['nose', 'cheeks'],
  ['eyes'],
  ['all'],
];
const REGION_SHARE = 0.75;
const MOST_UNITS = 5;
/** Of a unit's bound. */
const MOST_AMOUNT = 0.7;
const BOTH_SIDES_SHARE = 0.8;

/**
 * Faces drawn at random, each turned, with its mouth open and an expression at once: how far a nod is read depends on
 * the rest of the face, which faces that move one thing at a time don't show. Lids stay open. Always the same faces
 * for a head.
 */
export function variedProbes(units: readonly ExpressionUnit[], count: number): Probe[] {
  const random = seededRandom(SEED);
  const partners = mirrorPartners(units);
  const groups = REGIONS.map((regions) =>
    units.flatMap(({ name, region }, unit) =>
      regions.includes(region) && !name.startsWith('blink') ? [unit] : [],
    ),
  ).filter((group) => group.length > 0);
  return Array.from({ length: count }, () => ({
    turnDeg: drawTurn(random),
    jawRad: random() < SHUT_SHARE ? 0 : MOST_JAW_RAD * random() ** 1.5,
    brows: random() < BROWS_SHARE ? BROWS.least + (BROWS.most - BROWS.least) * random() : 0,
    units: drawUnits(units, partners, groups, random),
  }));
}

function drawTurn(random: () => number): Probe['turnDeg'] {
  const [x, y, z] = TURN_SD_DEG.map((sd) => {
    // Box and Muller.
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(-MOST_TURN_DEG, Math.min(MOST_TURN_DEG, sd * normal));
  });
  return [x, y, z];
}

function drawUnits(
  units: readonly ExpressionUnit[],
  partners: Int32Array,
  groups: readonly (readonly number[])[],
  random: () => number,
): Float32Array {
  const told = new Float32Array(units.length);
  for (const group of groups) {
    if (random() >= REGION_SHARE) continue;
    for (let left = Math.ceil(MOST_UNITS * random() ** 1.3); left > 0; left--) {
      const unit = group[Math.floor(group.length * random())];
      const { min, max } = units[unit];
      const amount = MOST_AMOUNT * random() ** 1.2 * (min < 0 && random() < 0.5 ? min : max);
      told[unit] += amount;
      if (partners[unit] !== unit && random() < BOTH_SIDES_SHARE)
        told[partners[unit]] += amount * (0.7 + 0.6 * random());
    }
  }
  return told;
}
