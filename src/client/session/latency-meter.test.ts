import { expect, test } from 'vitest';
import { LatencyMeter } from './latency-meter.ts';

test('median and 95th percentile of what was added', () => {
  const meter = new LatencyMeter();
  expect(meter.quantiles).toBeNull();
  for (let i = 1; i <= 100; i++) meter.add(i);
  expect(meter.quantiles).toEqual({ p50: 51, p95: 96 });
  expect(meter.frames).toBe(100);
  meter.reset();
  expect(meter.quantiles).toBeNull();
});

test('only the last frames count', () => {
  const meter = new LatencyMeter();
  for (let i = 0; i < 500; i++) meter.add(1_000);
  for (let i = 0; i < 256; i++) meter.add(10);
  expect(meter.quantiles).toEqual({ p50: 10, p95: 10 });
});
