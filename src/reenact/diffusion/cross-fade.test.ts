import { expect, test } from 'vitest';
import { CrossFade, FADE_MS } from './cross-fade.ts';

test('a tier comes and goes evenly, by the clock of the frames, whatever their rate', () => {
  for (const stepMs of [33, 40, 80]) {
    const fade = new CrossFade();
    let ptsMs = 1000;
    let before = fade.advance(1, ptsMs);
    expect(before).toBe(0);
    while (fade.weight < 1) {
      const weight = fade.advance(1, (ptsMs += stepMs));
      expect(weight - before).toBeLessThanOrEqual(stepMs / FADE_MS + 1e-9);
      expect(weight).toBeGreaterThan(before);
      before = weight;
    }
    expect(ptsMs - 1000).toBeGreaterThanOrEqual(FADE_MS);
    expect(ptsMs - 1000).toBeLessThanOrEqual(FADE_MS + stepMs);
    expect(fade.advance(0, ptsMs + stepMs)).toBeCloseTo(1 - stepMs / FADE_MS, 6);
  }
});

test('a pause, or a stream whose clock is set back, does not jump', () => {
  const fade = new CrossFade();
  fade.advance(1, 0);
  expect(fade.advance(1, 60_000)).toBeLessThanOrEqual(0.25);
  const { weight } = fade;
  expect(fade.advance(1, 10)).toBe(weight);
  fade.cut();
  expect(fade.weight).toBe(0);
});
