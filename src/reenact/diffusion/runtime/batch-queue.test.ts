import { expect, test } from 'vitest';
import { takeBatch, type WaitingRun } from './batch-queue.ts';

const run = (stream: number, steps = 1, frames = 1): WaitingRun => ({ stream, steps, frames });
const always = (): boolean => true;

test('requests that are alike go together, as many as may, the longest waiting first', () => {
  const waiting = [run(1), run(2), run(3, 2), run(4), run(5)];
  expect(takeBatch(waiting, 3, always).map(({ stream }) => stream)).toEqual([1, 2, 4]);
  expect(takeBatch(waiting, 3, always).map(({ stream }) => stream)).toEqual([3]);
  expect(takeBatch(waiting, 3, always).map(({ stream }) => stream)).toEqual([5]);
  expect(takeBatch(waiting, 3, always)).toEqual([]);
});

test('a stream is never twice in one batch, and chunks go with chunks', () => {
  const waiting = [run(1), run(1), run(2, 1, 16)];
  expect(takeBatch(waiting, 4, always)).toEqual([run(1)]);
  expect(waiting).toHaveLength(2);
});

test('whoever can not join waits', () => {
  const waiting = [run(1), run(2), run(3)];
  const batch = takeBatch(waiting, 4, (runs) => runs.every(({ stream }) => stream !== 2));
  expect(batch.map(({ stream }) => stream)).toEqual([1, 3]);
  expect(waiting).toEqual([run(2)]);
});
