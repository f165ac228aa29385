import { expect, test } from 'vitest';
import { patchOptions } from '../../contract/live-options.ts';
import { mergedPatch, START_OPTIONS } from './live-options.ts';

test('a gain that changes leaves the other gains alone', () => {
  const first = patchOptions(START_OPTIONS, { gain: { mouth: 1.4 } });
  expect(patchOptions(first, { gain: { head: 0.5 }, mirror: true })).toEqual({
    ...START_OPTIONS,
    mirror: true,
    gain: { mouth: 1.4, head: 0.5 },
  });
});

test('letting go of an expression is a change, an absent one is not', () => {
  const held = patchOptions(START_OPTIONS, { hotkey: 'smile' });
  expect(patchOptions(held, {}).hotkey).toBe('smile');
  expect(patchOptions(held, { hotkey: null }).hotkey).toBeNull();
});

test('of two changes to the same thing the later is sent', () => {
  expect(
    mergedPatch({ smoothing: 1, gain: { jaw: 1, eyes: 2 } }, { smoothing: 2, gain: { jaw: 0 } }),
  ).toEqual({
    smoothing: 2,
    gain: { jaw: 0, eyes: 2 },
  });
});
