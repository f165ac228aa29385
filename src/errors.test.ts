import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, LokiError } from './errors.ts';

const rows = new Map(
  readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => /^\|\s*`([A-Z_]+)`\s*\|\s*(\d+)\s*\|\s*(.+?)\s*\|\s*(.+?)\s*\|$/.exec(line))
    .filter((match) => match !== null)
    .map(([, code, status, meaning, remedy]) => [code, { status: Number(status), meaning, remedy }]),
);

describe('docs/errors.md', () => {
  it.each(Object.entries(ERROR_CODES))(
    'documents %s with its exit status, meaning and remedy',
    (code, status) => {
      expect(rows.get(code)?.status).toBe(status);
      expect(rows.get(code)?.meaning.length).toBeGreaterThan(10);
      expect(rows.get(code)?.remedy.length).toBeGreaterThan(5);
    },
  );

  it('documents no code that does not exist', () => {
    expect([...rows.keys()].filter((code) => !(code in ERROR_CODES))).toEqual([]);
  });
});

describe('LokiError', () => {
  it('carries its code, exit status and cause', () => {
    const cause = new Error('below');
    const error = new LokiError('NO_FACE', 'No face.', { cause });
    expect(error).toMatchObject({
      name: 'LokiError',
      code: 'NO_FACE',
      exitCode: 4,
      message: 'No face.',
      cause,
    });
  });
});
