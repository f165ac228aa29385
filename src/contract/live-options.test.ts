import { describe, expect, it } from 'vitest';
import { DEFAULT_LIVE_OPTIONS, patchOptions } from './live-options.ts';

describe('patchOptions', () => {
  const first = patchOptions(DEFAULT_LIVE_OPTIONS, { gain: { mouth: 1.2 }, smoothing: 0.5 });

  it('changes what is named and keeps the rest', () => {
    const options = patchOptions(first, { mirror: true, hotkey: null });
    expect(options).toEqual({ ...first, mirror: true });
  });

  it('merges gains region by region, and leaves the former options as they were', () => {
    expect(patchOptions(first, { gain: { brows: 0 } }).gain).toEqual({ mouth: 1.2, brows: 0 });
    expect(first.gain).toEqual({ mouth: 1.2 });
  });
});
