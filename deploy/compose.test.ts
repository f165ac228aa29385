import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readServerConfig } from '../src/config.ts';
import { environment, parseDockerfile } from './parse-dockerfile.ts';

const FOLDER = fileURLToPath(new URL('./', import.meta.url));
const read = (path: string) => readFileSync(join(FOLDER, path), 'utf8');

interface Service {
  readonly image?: string;
  readonly environment?: Record<string, string>;
  readonly ports?: string[];
  readonly volumes?: string[];
  readonly network_mode?: string;
}
interface Compose {
  readonly services: Record<string, Service>;
  readonly configs: { readonly coturn: { readonly content: string } };
  readonly volumes: Record<string, null>;
}

const VALUES = {
  DOMAIN: 'live.example.org',
  ANNOUNCED_ADDRESS: '203.0.113.10',
  TOKEN_SECRET: 't'.repeat(64),
  TURN_SECRET: 's'.repeat(64),
};
/** As Compose does: `${NAME}` and `${NAME:?message}`. */
const fillIn = (text: string): string =>
  text.replace(/\$\{(\w+)(:\?[^}]*)?\}/g, (_, name: string) => VALUES[name as keyof typeof VALUES] ?? '');

const text = read('compose.yaml');
const compose = parse(fillIn(text)) as Compose;
const { loki, caddy, coturn } = compose.services;

/** First and last port of "40000-40001:40000-40001/udp". */
function published(service: Service, protocol: 'tcp' | 'udp'): number[] {
  const entry = (service.ports ?? []).find((port) => port.endsWith(`/${protocol}`)) ?? '';
  const [, outside, inside] = /^([\d-]+):([\d-]+)\//.exec(entry) ?? [];
  expect(inside).toBe(outside);
  return outside.split('-').map(Number);
}

describe('compose.yaml', () => {
  const image = environment(parseDockerfile(read('Dockerfile')).at(-1)!);
  const config = readServerConfig({ variables: { ...image, ...loki.environment }, folder: '/app' });

  it('gives the server a configuration that it accepts, without development mode', () => {
    expect(config.http).toMatchObject({ publicUrl: 'https://live.example.org', trustProxy: true });
    expect(config.https.enabled).toBe(false);
    expect(config.tokens.secret).toBe(VALUES.TOKEN_SECRET);
    expect(config.sfu.announcedAddress).toBe(VALUES.ANNOUNCED_ADDRESS);
    expect(config.ice.turnUrls).toEqual([
      ...['turn:live.example.org:3478?transport=udp', 'turn:live.example.org:3478?transport=tcp'],
    ]);
  });

  it('does not start with a secret or an address left out', () => {
    for (const name of ['DOMAIN', 'ANNOUNCED_ADDRESS', 'TOKEN_SECRET', 'TURN_SECRET']) {
      expect(text).toMatch(new RegExp(`\\$\\{${name}:\\?`));
    }
  });

  it('names every variable in env.sample, and sets no secret there', () => {
    const used = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
    const sample = new Map(
      [...read('env.sample').matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    );
    expect([...sample.keys()].sort()).toEqual([...used].sort());
    expect([sample.get('TOKEN_SECRET'), sample.get('TURN_SECRET')]).toEqual(['', '']);
  });

  it('publishes one media port a mediasoup worker, over UDP and TCP, and no other port of the server', () => {
    const ports = [config.sfu.port, config.sfu.port + (config.sfu.workers ?? 0) - 1];
    expect(published(loki, 'udp')).toEqual(ports);
    expect(published(loki, 'tcp')).toEqual(ports);
    expect(loki.ports).toHaveLength(2);
  });

  it('gives TURN the secret that the server makes credentials with, and a range of its own', () => {
    const options = new Map(
      compose.configs.coturn.content
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.split('=') as [string, string]),
    );
    expect(options.get('static-auth-secret')).toBe(config.ice.turnSecret);
    expect(options.has('use-auth-secret')).toBe(true);
    expect(config.ice.turnUrls.every((url) => url.includes(`:${options.get('listening-port')}`))).toBe(true);
    expect(Number(options.get('min-port'))).toBeGreaterThan(config.sfu.rtcMaxPort);
    expect(options.get('allowed-peer-ip')).toBe(config.sfu.announcedAddress);
    expect(coturn.network_mode).toBe('host');
  });

  it('lets the TLS proxy reach the plain listener, and keeps the metrics inside', () => {
    expect(read('Caddyfile')).toContain(`reverse_proxy loki:${config.http.port}`);
    expect(read('Caddyfile')).toContain('respond /metrics 404');
    expect(caddy.ports).toContain('443:443');
    const { scrape_configs } = parse(read('prometheus.yml')) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    expect(scrape_configs[0].static_configs[0].targets).toEqual([`loki:${config.http.port}`]);
  });

  it('mounts what is there, keeps state in volumes, and pins every image', () => {
    for (const service of Object.values(compose.services)) {
      for (const volume of service.volumes ?? []) {
        const [source] = volume.split(':');
        if (source.startsWith('.')) expect(existsSync(join(FOLDER, source)), source).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
      if (service.image !== 'loki-live') expect(service.image).toMatch(/:v?\d/);
    }
    expect(loki.volumes).toEqual([`state:${config.stateDir}`]);
  });
});
