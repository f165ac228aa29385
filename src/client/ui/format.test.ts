import { expect, test } from 'vitest';
import { count, formatDuration, formatFps, formatMs, formatPercent, recordingName } from './format.ts';

test('what is not known is a dash', () => {
  for (const format of [formatMs, formatFps, formatPercent]) {
    for (const nothing of [null, undefined, Number.NaN]) expect(format(nothing)).toBe('–');
  }
});

test('figures read as a person would say them', () => {
  expect(formatMs(92.4)).toBe('92 ms');
  expect(formatMs(1432)).toBe('1.4 s');
  expect(formatFps(24.96)).toBe('25');
  expect(formatFps(7.46)).toBe('7.5');
  expect(formatPercent(0.974)).toBe('97 %');
  expect(count(1, 'viewer')).toBe('1 viewer');
  expect(count(0, 'viewer')).toBe('0 viewers');
});

test('durations grow hours when they need them', () => {
  expect(formatDuration(127_900)).toBe('2:07');
  expect(formatDuration(3_727_000)).toBe('1:02:07');
  expect(formatDuration(-5)).toBe('0:00');
});

test('a recording is named by its start', () => {
  expect(recordingName(new Date(2026, 0, 2, 3, 4, 5), 'webm')).toBe('loki-live-2026-01-02-03-04-05.webm');
});
