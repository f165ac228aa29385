import { describe, expect, it } from 'vitest';
import { PixelPool } from './pixel-pool.ts';

describe('pixel pool', () => {
  it('hands out what was given back, once, and only in the size asked for', () => {
    const pool = new PixelPool();
    const first = pool.take(16);
    pool.give(first);
    pool.give(first);
    expect(pool.take(16)).toBe(first);
    expect(pool.take(16)).not.toBe(first);
    pool.give(first);
    expect(pool.take(32)).toHaveLength(32);
    expect(pool.take(16)).not.toBe(first);
  });

  it('keeps a handful and no more', () => {
    const pool = new PixelPool();
    const given: Uint8Array[] = Array.from({ length: 20 }, () => new Uint8Array(8));
    for (const data of given) pool.give(data);
    const taken = Array.from({ length: 20 }, () => pool.take(8));
    expect(taken.filter((data) => given.includes(data))).toHaveLength(4);
  });
});
