import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_HEAD_PATH } from '../../reenact/head/default-head.ts';
import type { HeadModel } from '../../reenact/head/head-model.ts';
import { headRotation } from '../../reenact/head/head-rotation.ts';
import { loadHeadModel } from '../../reenact/head/load-head-model.ts';
import { logRotation, multiply, transpose } from '../../reenact/head/rotation.ts';
import { createRandom } from '../random.ts';
import { CLIP_KINDS, planClip } from './clip-motion.ts';
import { drawPortraitPose } from './portrait-pose.ts';

let model: HeadModel;
beforeAll(async () => {
  model = await loadHeadModel(DEFAULT_HEAD_PATH);
});

function clip(seed: number, kind: (typeof CLIP_KINDS)[number]) {
  const random = createRandom(seed);
  const { coefficients } = drawPortraitPose(model, random);
  const base = new Float32Array(model.expressionCount);
  const at = planClip(model, random, kind, 1.28, { coefficients, base });
  return { portrait: coefficients, frames: Array.from({ length: 32 }, (_, i) => at(i / 25)) };
}

describe.each(CLIP_KINDS)('a clip about %s', (kind) => {
  test('keeps every coefficient within its bounds, and the trunk as it is', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { portrait, frames } = clip(seed, kind);
      for (const { psi, theta, translation } of frames) {
        const outside = psi.findIndex((value, unit) => {
          const { min, max } = model.expressionUnits[unit];
          return !(value >= min && value <= Math.fround(max));
        });
        expect(outside).toBe(-1);
        expect([...theta.subarray(0, 3)]).toEqual([...portrait.theta.subarray(0, 3)]);
        expect(theta[6]).toBeGreaterThan(-0.02);
        expect(theta[6]).toBeLessThan(0.53);
        const away = translation.map((value, axis) => Math.abs(value - portrait.translation[axis]));
        expect(Math.max(...away)).toBeLessThan(0.051);
      }
    }
  });

  test('turns the head smoothly, within what a portrait can be turned to', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { portrait, frames } = clip(seed, kind);
      const turns = frames.map((frame) => headRotation(frame));
      turns.forEach((turn, i) => {
        const from = logRotation(multiply(turn, transpose(headRotation(portrait))));
        // 30, 20 and 20 degrees together.
        expect(Math.hypot(...from)).toBeLessThan(0.75);
        if (i === 0) return;
        const step = logRotation(multiply(turn, transpose(turns[i - 1])));
        expect(Math.hypot(...step)).toBeLessThan(0.3);
      });
    }
  });

  test('is the same for the same seed', () => {
    expect(clip(4, kind).frames[20].psi).toEqual(clip(4, kind).frames[20].psi);
  });
});

test('clips open mouths wide, close lids, and use every unit', () => {
  const used = new Float32Array(model.expressionCount);
  let widest = 0;
  for (const kind of CLIP_KINDS)
    for (let seed = 1; seed <= 12; seed++)
      for (const { psi, theta } of clip(seed, kind).frames) {
        widest = Math.max(widest, theta[6]);
        psi.forEach((value, unit) => {
          used[unit] = Math.max(used[unit], value);
        });
      }
  expect(widest).toBeGreaterThan(0.45);
  model.expressionUnits.forEach(({ name }, unit) => {
    if (name.startsWith('blink')) expect(used[unit]).toBeGreaterThan(0.95);
  });
  expect([...used].filter((value) => value > 0.05).length).toBeGreaterThan(0.95 * used.length);
});
