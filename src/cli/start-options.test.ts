import { describe, expect, it } from 'vitest';
import { parseStartArguments } from './start-options.ts';

describe('the arguments of npm start', () => {
  it('change nothing where there are none', () => {
    expect(parseStartArguments([])).toEqual({ configFile: undefined, overrides: {}, verbose: false });
  });

  it('become options of the configuration', () => {
    const args = [
      '--config',
      'a.yaml',
      '--port',
      '81',
      '--https-port',
      '82',
      '--no-demo',
      '--no-https',
      '--verbose',
    ];
    expect(parseStartArguments(args)).toEqual({
      configFile: 'a.yaml',
      overrides: {
        'http.port': 81,
        'https.port': 82,
        'https.enabled': false,
        demo: false,
        logLevel: 'info',
      },
      verbose: true,
    });
  });

  it.each([['--colour'], ['file.mp4'], ['--port']])('are refused in one sentence: %s', (...args) => {
    expect(() => parseStartArguments(args)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});
