import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readServerConfig } from '../src/config.ts';
import { copies, environment, last, parseDockerfile } from './parse-dockerfile.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const stages = parseDockerfile(read('deploy/Dockerfile'));
const image = stages[stages.length - 1];

describe('the Dockerfile', () => {
  it('runs one program, directly, as a user who is not root', () => {
    expect(last(image, 'USER')).toBe('node');
    expect(JSON.parse(last(image, 'CMD') ?? '')).toEqual(['node', '--import', 'tsx', 'src/main.ts']);
    // Nothing is made as root after that.
    const names = image.instructions.map(({ name }) => name);
    expect(names.lastIndexOf('RUN')).toBeLessThan(names.indexOf('USER'));
    expect(names.lastIndexOf('COPY')).toBeLessThan(names.indexOf('USER'));
  });

  it('is small: production dependencies alone, package lists removed, no recommended packages', () => {
    for (const { instructions } of stages) {
      for (const { text } of instructions.filter(
        ({ name, text }) => name === 'RUN' && /apt-get/.test(text),
      )) {
        expect(text).toMatch(/apt-get install -y --no-install-recommends .*rm -rf \/var\/lib\/apt\/lists/);
      }
    }
    const [modules] = copies(image).filter(({ target }) => target === 'node_modules');
    const source = stages.find(({ name }) => name === modules.from);
    expect(source?.instructions.map(({ text }) => text).join('\n')).toMatch(
      /npm install .*--omit=dev --ignore-scripts/,
    );
    expect(stages.map(({ base }) => base)).toEqual(
      stages.map(() => expect.stringMatching(/^node:\d+-bookworm-slim$/)),
    );
  });

  it('copies only what is there and what the context lets through', () => {
    const ignored = read('deploy/Dockerfile.dockerignore').split('\n');
    const earlier = new Set<string>();
    for (const stage of stages) {
      for (const { from, sources } of copies(stage)) {
        if (from !== null) {
          expect(earlier).toContain(from);
          continue;
        }
        for (const source of sources) {
          expect(existsSync(join(ROOT, source)), source).toBe(true);
          expect(ignored).toContain(`!${source}`);
        }
      }
      earlier.add(stage.name);
    }
  });

  it('lets neither packages nor secrets nor history into the context', () => {
    const [first, ...rest] = read('deploy/Dockerfile.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(first).toBe('*');
    for (const path of ['.git', 'node_modules', 'deploy', 'loki-live.yaml', '.env'])
      expect(rest).not.toContain(`!${path}`);
  });

  it('configures the server with options that it knows, and opens the ports it uses', () => {
    const config = readServerConfig({ variables: environment(image), folder: '/app' });
    expect(config.stateDir).toBe(last(image, 'VOLUME'));
    expect(config.http.host).toBe('0.0.0.0');
    const exposed = last(image, 'EXPOSE');
    for (const port of [config.http.port, config.https.port, config.sfu.port])
      expect(exposed).toContain(String(port));
    expect(last(image, 'HEALTHCHECK')).toContain(`http://127.0.0.1:${config.http.port}/healthz`);
  });

  it('asks for a Node.js that the project supports', () => {
    const major = Number(/^node:(\d+)/.exec(image.base)?.[1]);
    const { engines } = JSON.parse(read('package.json'));
    expect(major).toBeGreaterThanOrEqual(Number(/\d+/.exec(engines.node)?.[0]));
  });
});

describe('parsing a Dockerfile', () => {
  it('joins lines, drops comments, tells stages apart and fills in arguments', () => {
    const text = [
      'ARG V=7',
      '# a comment',
      `FROM a:\${V} AS one`,
      'RUN x \\',
      '# within',
      ' && y',
      'FROM b',
      'copy --from=one /p q ./',
    ];
    expect(parseDockerfile(text.join('\n'))).toEqual([
      {
        name: 'one',
        base: 'a:7',
        instructions: [{ name: 'RUN', text: expect.stringMatching(/^x\s+&& y$/) }],
      },
      { name: '1', base: 'b', instructions: [{ name: 'COPY', text: '--from=one /p q ./' }] },
    ]);
    expect(copies(parseDockerfile(text.join('\n'))[1])).toEqual([
      { from: 'one', sources: ['/p', 'q'], target: './' },
    ]);
  });
});
