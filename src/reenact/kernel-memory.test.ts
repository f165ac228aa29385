import { expect, test } from 'vitest';
import { keepKernel } from './kernel-memory.ts';

test('a kernel is kept while it has room, and made anew with twice as much of what was short', () => {
  const rooms: number[][] = [];
  const kernel = keepKernel((...room: [number, number]) => rooms.push(room));
  expect(kernel(10, 100)).toBe(kernel(9, 100));
  expect(rooms).toEqual([[10, 100]]);
  kernel(11, 50);
  expect(rooms.at(-1)).toEqual([20, 100]);
  kernel(5, 500);
  expect(rooms.at(-1)).toEqual([20, 500]);
  kernel(20, 500);
  expect(rooms).toHaveLength(3);
});
