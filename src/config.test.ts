import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

describe('readConfig', () => {
  it('is silent and takes the open head where nothing is set', () => {
    expect(readConfig({})).toEqual({ logLevel: 'silent', headPath: null });
  });

  it('reads what is set, and nothing else', () => {
    const config = readConfig({ LOKI_LOG_LEVEL: 'debug', LOKI_HEAD: '/flame.bin', OTHER: 'x' });
    expect(config).toEqual({ logLevel: 'debug', headPath: '/flame.bin' });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('names a variable that makes no sense', () => {
    expect(() => readConfig({ LOKI_LOG_LEVEL: 'loud' })).toThrow(/LOKI_LOG_LEVEL/);
  });
});
