import { InvalidArgumentError } from 'commander';
import { expect, it } from 'vitest';
import { wholeNumber } from './whole-number.ts';

it('takes whole numbers from the least on, and nothing else', () => {
  expect(['1', '12', '1e3'].map(wholeNumber(1))).toEqual([1, 12, 1000]);
  for (const text of ['0', '-1', '1.5', 'two', '', ' ', 'NaN'])
    expect(() => wholeNumber(1)(text), text).toThrow(InvalidArgumentError);
});
