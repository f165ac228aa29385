import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { forwardedAddress } from './forwarded-address.ts';

const request = (forwarded?: string | string[]) =>
  ({
    headers: { 'x-forwarded-for': forwarded },
    socket: { remoteAddress: '10.0.0.1' },
  }) as unknown as IncomingMessage;

describe('forwardedAddress', () => {
  it.each([
    ['what the proxy wrote', '192.0.2.7', '192.0.2.7'],
    ['the last, as the client may have made up the first', '1.1.1.1, 192.0.2.7', '192.0.2.7'],
    ['the last of several headers', ['1.1.1.1', '192.0.2.7'], '192.0.2.7'],
    ['the proxy where it wrote nothing', undefined, '10.0.0.1'],
    ['the proxy where it wrote an empty list', '', '10.0.0.1'],
  ])('is %s', (_title, forwarded, expected) => {
    expect(forwardedAddress(request(forwarded))).toBe(expected);
  });
});
