import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SerialQueue } from './serial-queue.ts';

test('tasks run one after the other, whatever each takes, and a failure is its own', async () => {
  const queue = new SerialQueue();
  const said: string[] = [];
  const task = (name: string, ms: number) => async () => {
    said.push(`${name} begins`);
    await sleep(ms);
    said.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
    return name;
  };
  const asked = [queue.run(task('a', 20)), queue.run(task('b', 1)), queue.run(task('c', 5))];
  const results = await Promise.allSettled(asked);
  expect(said).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
