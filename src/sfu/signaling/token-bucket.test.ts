import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

function passed(bucket: TokenBucket, fromMs: number, toMs: number, everyMs: number): number {
  let count = 0;
  for (let nowMs = fromMs; nowMs < toMs; nowMs += everyMs) if (bucket.take(nowMs)) count++;
  return count;
}

describe('TokenBucket', () => {
  it('lets a burst of twice the rate through, and then the rate', () => {
    const bucket = new TokenBucket(20, 0);
    expect(passed(bucket, 0, 1, 0.01)).toBe(40);
    expect(passed(bucket, 1, 10_001, 1)).toBe(200);
  });

  it('saves no more than one burst over a long pause', () => {
    const bucket = new TokenBucket(10, 0);
    passed(bucket, 0, 1, 0.01);
    expect(passed(bucket, 3_600_000, 3_600_001, 0.01)).toBe(20);
  });
});
