import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { optionPaths, readConfig, readServerConfig } from './config.ts';
import { configSchema } from './config-schema.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loki-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (variables: Record<string, string> = {}, yaml?: string) => {
  const file = join(folder, 'test.yaml');
  if (yaml !== undefined) writeFileSync(file, yaml);
  return readServerConfig({ variables, folder, file: yaml === undefined ? undefined : file });
};
const SECRET = 'a-secret-that-is-long-enough-to-be-one';

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

describe('the server configuration', () => {
  it('is complete and frozen without a file', () => {
    const config = read();
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 8080 });
    expect(config.stateDir).toBe(join(homedir(), '.loki-live'));
    expect(Object.isFrozen(config.http)).toBe(true);
    expect(Object.isFrozen(config.ice.stunUrls)).toBe(true);
  });

  it('takes the environment over the file, and the command line over both', () => {
    const yaml = 'http: { port: 1, host: a }\nrooms: { maxViewers: 3 }\ndemo: true';
    const variables = { LOKI_HTTP_PORT: '2', LOKI_ROOMS_MAX_VIEWERS: '4' };
    const file = join(folder, 'layers.yaml');
    writeFileSync(file, yaml);
    const config = readServerConfig({
      variables,
      folder,
      file,
      overrides: { 'http.port': 3, demo: false },
    });
    expect(config.http).toMatchObject({ port: 3, host: 'a' });
    expect(config.rooms.maxViewers).toBe(4);
    expect(config.demo).toBe(false);
  });

  it('reads lists, switches and texts that look like numbers from the environment', () => {
    const config = read({
      LOKI_ICE_STUN_URLS: '[stun:a:1, stun:b:2]',
      LOKI_HTTPS_ENABLED: 'false',
      LOKI_TOKENS_SECRET: '1'.repeat(40),
      LOKI_SFU_ANNOUNCED_ADDRESS: '',
    });
    expect(config.ice.stunUrls).toEqual(['stun:a:1', 'stun:b:2']);
    expect(config.https.enabled).toBe(false);
    expect(config.tokens.secret).toBe('1'.repeat(40));
    expect(config.sfu.announcedAddress).toBeNull();
  });

  it('takes the file of LOKI_CONFIG, and loki-live.yaml of the folder where none is named', () => {
    writeFileSync(join(folder, 'other.yaml'), 'rooms: { maxRooms: 7 }');
    expect(read({ LOKI_CONFIG: 'other.yaml' }).rooms.maxRooms).toBe(7);
    writeFileSync(join(folder, 'loki-live.yaml'), 'rooms: { maxRooms: 8 }');
    expect(read().rooms.maxRooms).toBe(8);
    rmSync(join(folder, 'loki-live.yaml'));
  });

  it('counts paths of a file from where the file is', () => {
    const config = read({}, 'stateDir: state\nreenactment: { headFile: ~/head.bin }');
    expect(config.stateDir).toBe(join(folder, 'state'));
    expect(config.reenactment.headFile).toBe(join(homedir(), 'head.bin'));
    expect(read({ LOKI_HEAD: 'flame.bin' }).reenactment.headFile).toBe(join(folder, 'flame.bin'));
  });

  it.each([
    ['an option out of range', 'http: { port: 70000 }', /option http\.port .*test\.yaml.*65535/],
    ['an unknown option', 'http: { prot: 1 }', /option http\.prot .* is not known/],
    ['an unknown section', 'htpp: { port: 1 }', /option htpp .* is not known/],
    ['a text for a number', 'rooms: { maxViewers: many }', /option rooms\.maxViewers .*expected number/],
    ['a short secret', 'tokens: { secret: short }', /option tokens\.secret .*32 characters/],
    ['a certificate without its key', 'https: { certificateFile: a.pem }', /option https .*keyFile/],
    [
      'two secrets',
      `tokens: { secret: ${SECRET}, secretFile: b }`,
      /option tokens: takes secret or secretFile/,
    ],
    ['broken YAML', 'http: {\nport', /test\.yaml, line \d+: /],
    ['a file that is no mapping', '- a', /test\.yaml must hold options/],
    ['a bad origin', 'http: { allowedOrigins: [example.org] }', /option http\.allowedOrigins\.0 /],
  ])('refuses %s in one sentence that names it', (_title, yaml, message) => {
    expect(() => read({}, yaml)).toThrow(message);
    expect(() => read({}, yaml)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('names the environment variable that holds a bad value, or that no option reads', () => {
    expect(() => read({ LOKI_HTTP_PORT: 'x' })).toThrow(/http\.port \(environment variable LOKI_HTTP_PORT\)/);
    expect(() => read({ LOKI_HTTP_PROT: '1' })).toThrow(/LOKI_HTTP_PROT/);
  });

  it('never repeats a secret in a refusal', () => {
    const refusal = (variables: Record<string, string>, yaml?: string): string => {
      try {
        read(variables, yaml);
      } catch (error) {
        return (error as Error).message;
      }
      return expect.fail('it was accepted');
    };
    expect(refusal({}, `tokens: { secret: [${SECRET}] }`)).not.toContain(SECRET);
    expect(refusal({ LOKI_TOKENS_SECRET: 'hunter2' })).not.toContain('hunter2');
  });

  it('refuses a named file that is not there', () => {
    expect(() => readServerConfig({ variables: {}, folder, file: 'none.yaml' })).toThrow(/none\.yaml/);
  });
});

describe('the sample configuration', () => {
  const text = readFileSync(new URL('../loki-live.sample.yaml', import.meta.url), 'utf8');

  it('changes nothing as it is', () => {
    expect(configSchema.parse(parse(text))).toEqual(configSchema.parse({}));
  });

  it('names every option with its real default', () => {
    const uncommented = text.replace(/^( *)#(?=\w)/gm, '$1');
    const sample = parse(uncommented);
    expect(sample).toEqual(configSchema.parse({}));
    expect(optionPaths().length).toBeGreaterThan(40);
  });
});
