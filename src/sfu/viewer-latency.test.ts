import { describe, expect, it } from 'vitest';
import { ViewerLatency } from './viewer-latency.ts';

describe('ViewerLatency', () => {
  it('is null without reports, and sums up the latest one of each viewer', () => {
    const latency = new ViewerLatency();
    expect(latency.summary(0)).toBeNull();
    for (let i = 1; i <= 20; i++) latency.report(`viewer-${i}`, 1_000, 1_000, 0);
    for (let i = 1; i <= 20; i++) latency.report(`viewer-${i}`, i * 10, i * 20, 1_000);
    expect(latency.summary(1_000)).toEqual({ p50: 100, p95: 380 });
  });

  it('forgets viewers who left or fell silent for ten seconds', () => {
    const latency = new ViewerLatency();
    latency.report('gone', 900, 900, 0);
    latency.report('silent', 500, 500, 0);
    latency.report('there', 100, 200, 9_000);
    latency.forget('gone');
    expect(latency.summary(10_000)?.p95).toBe(500);
    expect(latency.summary(10_001)).toEqual({ p50: 100, p95: 200 });
  });
});
