import { expect, test } from 'vitest';
import { plainError } from './plain-words.ts';

test('what has no wording here speaks with the server’s', () => {
  expect(plainError('NEW_CODE', 'The server says so.')).toEqual({ title: 'The server says so.', advice: '' });
});

test('without any wording it still is a sentence', () => {
  expect(plainError('NEW_CODE').title).toMatch(/\.$/);
});

test('everything a newcomer can run into is one sentence and says what to do', () => {
  const codes = [
    'NotAllowedError',
    'NotFoundError',
    'NotReadableError',
    'INSECURE_CONTEXT',
    'ROOM_FULL',
    'TOKEN_EXPIRED',
    'DRIVER_PRESENT',
    'SERVER_BUSY',
    'NO_FACE',
    'CONSENT_MISSING',
  ];
  for (const code of codes) {
    const { title, advice } = plainError(code);
    expect(title, code).toMatch(/^[^.]+\.$/);
    expect(advice.length, code).toBeGreaterThan(10);
  }
});
