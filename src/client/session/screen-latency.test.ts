import { expect, test } from 'vitest';
import { capturedAtMs } from './screen-latency.ts';

const CAPTURED_MS = 1_795_377_972_682;
const NTP_MS = CAPTURED_MS + 2_208_988_800_000;

test('the frame that arrived last was captured when its stamp says', () => {
  expect(
    capturedAtMs(3_052_898_564, { timestamp: 0, rtpTimestamp: 3_052_898_564, captureTimestamp: NTP_MS }),
  ).toBe(CAPTURED_MS);
});

test('the frame that is shown was captured by as much earlier as its timestamp is', () => {
  const latest = { timestamp: 0, rtpTimestamp: 9_000, captureTimestamp: NTP_MS };
  expect(capturedAtMs(5_400, latest)).toBe(CAPTURED_MS - 40);
});

test('a wrap of the timestamps in between does no harm', () => {
  const latest = { timestamp: 0, rtpTimestamp: 1_800, captureTimestamp: NTP_MS };
  expect(capturedAtMs(2 ** 32 - 1_800, latest)).toBe(CAPTURED_MS - 40);
});

test('a browser that does not tell gives nothing', () => {
  expect(capturedAtMs(1, { timestamp: 0, rtpTimestamp: 1 })).toBeNull();
});
