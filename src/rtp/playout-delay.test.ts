import { describe, expect, it } from 'vitest';
import { buildPlayoutDelay } from './playout-delay.ts';

describe('playout delay', () => {
  it('packs two numbers of 12 bits, in steps of 10 ms', () => {
    expect(buildPlayoutDelay({ minMs: 0, maxMs: 0 })).toEqual(Uint8Array.of(0, 0, 0));
    // 0x123 and 0x456.
    expect(buildPlayoutDelay({ minMs: 2910, maxMs: 11_100 })).toEqual(Uint8Array.of(0x12, 0x34, 0x56));
    expect(buildPlayoutDelay({ minMs: -5, maxMs: 1e9 })).toEqual(Uint8Array.of(0, 0x0f, 0xff));
  });
});
