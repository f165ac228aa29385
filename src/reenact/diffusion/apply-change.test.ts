import { describe, expect, it } from 'vitest';
import type { VideoFrame } from '../frame.ts';
import { applyChange, REPAIR_STRENGTH, repairedShare } from './apply-change.ts';
import type { PackLayout } from './pack/contract.ts';
import { createExchange } from './runtime/inference-messages.ts';

const SIDE = 4;
const PLACE = { window: { x: 0, y: 0, side: SIDE }, opening: null };

/** A grey picture after its change by, or its replacement with, the same `value` everywhere. */
function changed(kind: PackLayout['kind'], value: number, weight: number): Uint8Array {
  const data = new Uint8Array(SIDE * SIDE * 4).fill(100);
  const frame = { image: { width: SIDE, height: SIDE, data } } as VideoFrame;
  const layout = { kind, resolution: SIDE, mapChannels: 1, mapSize: 1 } as PackLayout;
  const exchange = createExchange(layout, 2);
  exchange.changes.fill(value, SIDE * SIDE * 3);
  applyChange(frame, PLACE, layout, exchange, 1, weight, null);
  return data.filter((_, i) => i % 4 !== 3);
}

describe('applyChange', () => {
  it('adds a part of what a window is to change by, and that part of it while tiers cross over', () => {
    expect(new Set(changed('window', 40, 1))).toEqual(new Set([100 + 40 * REPAIR_STRENGTH]));
    expect(new Set(changed('window', 40, 0.5))).toEqual(new Set([100 + 20 * REPAIR_STRENGTH]));
  });

  it('shows a whole picture as it was made', () => {
    expect(new Set(changed('frame', 200, 1))).toEqual(new Set([200]));
  });
});

describe('repairedShare', () => {
  it('is the part of the change that is shown, and nothing for whole pictures', () => {
    expect(repairedShare({ kind: 'window' } as PackLayout, 0.5)).toBe(REPAIR_STRENGTH / 2);
    expect(repairedShare({ kind: 'frame' } as PackLayout, 1)).toBe(0);
  });
});
