import type { HeadModel } from '../head/head-model.ts';
import { LEFT_LIDS, type Opening, RIGHT_LIDS } from './openings.ts';

/** Lids of a portrait may be this much more or less open than the model's and still close with it. */
const SCALE_BOUNDS = [0.7, 2.6] as const;

/**
 * Expression units of the lids and how much more a portrait's lids must travel than the model's to close when the
 * model's close: large painted eyes are opened by the seat's correction, which does not know of blinking.
 *
 * @param seated `[478, 3]` landmarks of the seated head in the portrait, pixels
 * @param plain the same of the head before it was seated
 * @returns `[expressionCount]` factor of a unit's change from the portrait's own; 1 for what is not of the lids
 */
export function lidScales(model: HeadModel, seated: Float32Array, plain: Float32Array): Float32Array {
  const right = scaleOf(RIGHT_LIDS, seated, plain);
  const left = scaleOf(LEFT_LIDS, seated, plain);
  return Float32Array.from(model.expressionUnits, ({ region, side }) => {
    if (region !== 'eyes') return 1;
    return side === 'left' ? left : side === 'right' ? right : (left + right) / 2;
  });
}

function scaleOf(lids: Opening, seated: Float32Array, plain: Float32Array): number {
  const ratio = meanGap(lids, seated) / Math.max(1e-3, meanGap(lids, plain));
  return Math.min(SCALE_BOUNDS[1], Math.max(SCALE_BOUNDS[0], ratio));
}

/** Mean distance of the lines over the middle half of the eye. */
function meanGap({ upper, lower }: Opening, landmarks: Float32Array): number {
  let sum = 0;
  for (let i = 2; i < upper.length - 2; i++) {
    const a = upper[i] * 3;
    const b = lower[i] * 3;
    sum += Math.hypot(landmarks[b] - landmarks[a], landmarks[b + 1] - landmarks[a + 1]);
  }
  return sum / (upper.length - 4);
}
