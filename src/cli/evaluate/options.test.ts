import { describe, expect, it } from 'vitest';
import { parseEvaluateArguments } from './options.ts';

describe('evaluate options', () => {
  it('reads folders, modes and generators', () => {
    const options = parseEvaluateArguments(['--drivers', 'd', '--portraits', 'p', '--self', '--every', '3']);
    expect(options).toMatchObject({ drivers: 'd', portraits: 'p', self: true, synthetic: false, every: 3 });
    expect(options?.frames).toBe(Number.POSITIVE_INFINITY);
    expect(options?.generators.map(({ name }) => name)).toEqual(['geometric']);
  });

  it('takes steps behind a colon and packs by their folder', () => {
    const pack = 'models/training/fixtures/toy-pack';
    const args = ['--synthetic', '--generators', `geometric, ${pack},${pack}:2`];
    expect(parseEvaluateArguments(args)?.generators.map(({ name }) => name)).toEqual([
      'geometric',
      'toy-pack',
      'toy-pack-2',
    ]);
    const twice = ['--synthetic', '--generators', `${pack},./${pack}`];
    expect(() => parseEvaluateArguments(twice)).toThrow(/two of the name toy-pack/);
  });

  it.each([
    [[], /--drivers is needed/],
    [['--drivers', 'd'], /--portraits is needed, or --self/],
    [['--synthetic', '--portraits', 'p'], /needs --drivers/],
    [['--synthetic', '--every', '0'], /--every must be at least 1/],
    [['--synthetic', '--frames', 'many'], /--frames must be a number/],
    [
      ['--synthetic', '--generators', 'geometric,magic'],
      /--generator takes geometric, nano, or the folder of a model pack/,
    ],
    [['--synthetic', '--generators', 'geometric,,'], /takes names with commas between/],
    [['--synthetic', '--unknown'], /unknown option/],
  ])('refuses %j in one sentence', (args, message) => {
    expect(() => parseEvaluateArguments(args)).toThrow(message);
    expect(() => parseEvaluateArguments(args)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});
