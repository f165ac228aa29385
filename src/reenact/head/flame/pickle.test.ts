import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LokiError } from '../../../errors.ts';
import { readFlameArrays } from './flame-arrays.ts';
import { readPickle } from './pickle.ts';
import { asBytes, asText, PyGlobal, PyRecord } from './python-values.ts';

const pickle = (text: string) => readPickle(Buffer.from(text, 'latin1'));

describe('values', () => {
  test.each<[string, string, unknown]>([
    ['None', 'N.', null],
    ['booleans', '(\x88\x89I01\nI00\nt.', [true, false, true, false]],
    ['small integers', '(K\xffM\x00\x01J\xfe\xff\xff\xffI-12\nt.', [255, 256, -2, -12]],
    ['long integers', '(\x8a\x02\xff\x7f\x8a\x01\xff\x8a\x00L123L\nt.', [32767, -1, 0, 123]],
    ['integers beyond 2^53', '\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x40.', 2n ** 62n],
    ['floats', '(G\x3f\xf8\x00\x00\x00\x00\x00\x00F-2.5\nt.', [1.5, -2.5]],
    ['text', '(X\x02\x00\x00\x00\xc3\xa9\x8c\x01aVx\\u00e9\nt.', ['é', 'a', 'xé']],
    ['nested lists and tuples', '(]q\x00(K\x01K\x02e\x85h\x00t.', [[[1, 2]], [1, 2]]],
    ['what was dropped again', '(K\x01K\x020(K\x031K\x04t.', [1, 4]],
  ])('%s', (_, text, value) => {
    expect(pickle(text)).toEqual(value);
  });

  test('byte strings of Python 2 and 3 are bytes', () => {
    const strings = pickle("(U\x02\xff\x80T\x01\x00\x00\x00aC\x01\x00S'\\x80\\n\\\\'\nt.") as Uint8Array[];
    expect(strings.map((bytes) => [...bytes])).toEqual([[255, 128], [97], [0], [128, 10, 92]]);
  });

  test('dicts are maps, with text for keys that were byte strings', () => {
    expect(pickle('}(U\x01aK\x01X\x01\x00\x00\x00bK\x02u.')).toEqual(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
  });

  test('a key like __proto__ is a key like any other', () => {
    const dict = pickle('}U\x09__proto__K\x01s.') as Map<string, number>;
    expect(dict.get('__proto__')).toBe(1);
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });
});

describe('calls', () => {
  test('are not made: name, arguments and state stay as they were', () => {
    const record = pickle('cos\nsystem\n(U\x09rm -rf ~/tR}U\x01aK\x01sb.') as PyRecord;
    expect(record.callee).toEqual(new PyGlobal('os', 'system'));
    expect(record.args.map(asText)).toEqual(['rm -rf ~/']);
    expect(record.state).toEqual(new Map([['a', 1]]));
  });

  test('of __newobj__, of the stack’s global and of old classes alike', () => {
    for (const text of [
      'cmod\nCls\n)\x81.',
      '\x8c\x03mod\x8c\x03Cls\x93)}\x92.',
      '(imod\nCls\n.',
      '(cmod\nCls\no.',
    ])
      expect(pickle(text)).toEqual(new PyRecord(new PyGlobal('mod', 'Cls'), []));
  });

  test('of copy_reg._reconstructor name the class they make', () => {
    const record = pickle('ccopy_reg\n_reconstructor\n(cmod\nCls\nc__builtin__\nobject\nNtR.') as PyRecord;
    expect(record.calleeName).toBe('Cls');
  });

  test('of _codecs.encode are the bytes that they stand for', () => {
    expect([
      ...(asBytes(pickle('c_codecs\nencode\n(X\x02\x00\x00\x00\xc3\xbfU\x06latin1tR.')) ?? []),
    ]).toEqual([255]);
  });
});

describe('a pickle is refused', () => {
  test.each<[string, string, RegExp]>([
    ['without an end', 'N', /cut short/],
    ['that ends in a string', 'U\x05ab', /cut short/],
    ['of an absurd length', '\x8e\xff\xff\xff\xff\xff\xff\xff\xff.', /cut short/],
    ['that takes what is not there', 'a.', /makes no sense/],
    ['with nothing in it', '.', /makes no sense/],
    ['that recalls what it never kept', 'h\x05.', /makes no sense/],
    ['with an odd dict', '(K\x01d.', /makes no sense/],
    ['that appends to a number', 'K\x01K\x02a.', /makes no sense/],
    ['with a number of a thousand bytes', '\x8b\xe8\x03\x00\x00.', /makes no sense/],
    ['of a later protocol', '\x80\x06N.', /protocol above 5/],
    ['with a persistent id', 'Pid\n.', /opcode 0x50/],
    ['of nothing but objects', `${'N'.repeat(2_000_001)}.`, /more objects than any head model/],
  ])('%s', (_, text, reason) => {
    expect(() => pickle(text)).toThrow(reason);
    expect(() => pickle(text)).toThrow(LokiError);
  });
});

describe.each(['flame-2020.pkl', 'flame-2023.pkl', 'flame.npz'])('%s, damaged,', (name) => {
  const whole = Uint8Array.from(
    readFileSync(new URL(`../../../../models/head/fixtures/${name}`, import.meta.url)),
  );

  /** Reads or refuses in one sentence; anything else is a fault. */
  function expectSentence(bytes: Uint8Array): void {
    try {
      readFlameArrays(bytes);
    } catch (error) {
      if (!(error instanceof LokiError)) throw error;
      expect(error.code).toBe('MODEL_INVALID');
      expect(error.message).toMatch(/^The FLAME file can't be imported: [^\n]+\.$/);
    }
  }

  test('is refused wherever it is cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        const cut = whole.subarray(0, length);
        expect(() => readFlameArrays(cut)).toThrow(LokiError);
        expectSentence(cut);
      }),
      { numRuns: 80 },
    );
  });

  test('is read or refused, whatever bytes are changed', () => {
    const change = fc.record({ at: fc.nat(whole.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = Uint8Array.from(whole);
        for (const { at, value } of changes) bytes[at] = value;
        expectSentence(bytes);
      }),
      { numRuns: 120 },
    );
  });
});

test('random opcodes are read or refused', () => {
  const opcodes =
    '(.01234NIJKLMRSTUVXabcdeghijlopqrstu}\x80\x81\x82\x85\x86\x87\x88\x8a\x8c\x8e\x8f\x90\x93\x94\x95\n\x01\x00';
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...opcodes), { maxLength: 60 }), (text) => {
      try {
        pickle(`${text.join('')}.`);
      } catch (error) {
        if (!(error instanceof LokiError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});
