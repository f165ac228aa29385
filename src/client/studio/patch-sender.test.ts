import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { OptionsPatch } from '../../sfu/signaling/messages.ts';
import { PatchSender } from './patch-sender.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('the first change goes at once, a dragged slider becomes few messages that end with its last value', async () => {
  const sent: OptionsPatch[] = [];
  const sender = new PatchSender(async (patch) => void sent.push(patch));
  for (let i = 0; i <= 100; i++) {
    sender.push({ smoothing: i / 50 });
    await vi.advanceTimersByTimeAsync(4);
  }
  await vi.advanceTimersByTimeAsync(200);
  expect(sent[0]).toEqual({ smoothing: 0 });
  expect(sent.at(-1)).toEqual({ smoothing: 2 });
  expect(sent.length).toBeLessThan(9);
  expect(sender.pending).toBe(false);
});

test('while something waits, it says so', async () => {
  const sender = new PatchSender(async () => {});
  sender.push({ mirror: true });
  expect(sender.pending).toBe(true);
  await vi.advanceTimersByTimeAsync(100);
  expect(sender.pending).toBe(false);
});
