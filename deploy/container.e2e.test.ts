import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layOutImage } from './lay-out-image.ts';
import { environment, last, parseDockerfile } from './parse-dockerfile.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const stages = parseDockerfile(readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8'));
const image = stages[stages.length - 1];
/** nobody: a user who owns nothing. Only root can become it. */
const NOBODY = 65_534;
const START_LIMIT_MS = 90_000;
const isRoot = process.getuid?.() === 0;

/** The container's command, outside a container: laid out as the Dockerfile copies it, as a user without rights. */
describe('the container', () => {
  let root: string;
  let child: ChildProcess;
  let base: string;
  let log = '';

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'loki-container-'));
    chmodSync(root, 0o755);
    const { MEDIASOUP_WORKER_BIN = '', PATH } = process.env;
    layOutImage({ stages, root, mediasoupWorker: MEDIASOUP_WORKER_BIN });
    const state = join(root, last(image, 'VOLUME') ?? '');
    mkdirSync(state, { recursive: true });
    if (isRoot) chownSync(state, NOBODY, NOBODY);

    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    const variables = Object.entries(environment(image)).map(([name, value]) => [
      name,
      value.startsWith('/') ? join(root, value) : value,
    ]);
    const [command, ...args] = JSON.parse(last(image, 'CMD') ?? '[]') as string[];
    child = spawn(command === 'node' ? process.execPath : command, args, {
      cwd: join(root, last(image, 'WORKDIR') ?? ''),
      env: {
        PATH,
        HOME: '/nonexistent',
        ...Object.fromEntries(variables),
        LOKI_HTTP_PORT: String(port),
        LOKI_HTTPS_PORT: '0',
        LOKI_SFU_PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(isRoot && { uid: NOBODY, gid: NOBODY }),
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        log += chunk;
      });
    }
    const deadline = Date.now() + START_LIMIT_MS;
    while ((await answer('/readyz')).status !== 200) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`it did not come up:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });
  afterAll(() => {
    child?.kill('SIGKILL');
    if (root !== undefined) rmSync(root, { recursive: true, force: true });
  });

  const answer = async (path: string) => {
    try {
      const response = await fetch(`${base}${path}`);
      return {
        status: response.status,
        type: response.headers.get('content-type') ?? '',
        body: await response.text(),
      };
    } catch {
      return { status: 0, type: '', body: '' };
    }
  };

  it('comes up and says so', async () => {
    expect(await answer('/healthz')).toMatchObject({ status: 200, body: '{"status":"ok"}' });
    expect(JSON.parse((await answer('/readyz')).body)).toMatchObject({ status: 'ready' });
  });

  it('passes its own health check', async () => {
    const check = JSON.parse(/CMD (\[.*\])/.exec(last(image, 'HEALTHCHECK') ?? '')?.[1] ?? '[]') as string[];
    const script = check[2].replace(/http:\/\/127\.0\.0\.1:\d+/, base);
    const probe = spawn(process.execPath, [check[1], script]);
    expect((await once(probe, 'close'))[0]).toBe(0);
    const late = spawn(process.execPath, [check[1], script.replace(base, 'http://127.0.0.1:9')]);
    expect((await once(late, 'close'))[0]).toBe(1);
  });

  it('runs without rights, and writes nothing but its state', () => {
    const state = join(root, last(image, 'VOLUME') ?? '');
    expect(statSync(join(state, 'https.pem')).mode & 0o777).toBe(0o600);
    if (!isRoot) return;
    expect(statSync(`/proc/${child.pid}`).uid).toBe(NOBODY);
    const written = execFileSync('find', [root, '-user', String(NOBODY)], { encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(written.filter((path) => !path.startsWith(state))).toEqual([]);
  });

  it('serves the pages', async () => {
    const page = await answer('/studio');
    expect(page).toMatchObject({ status: 200, type: expect.stringContaining('text/html') });
    const [, script] = /<script[^>]+src="([^"]+)"/.exec(page.body) ?? [];
    expect(await answer(script)).toMatchObject({ status: 200, type: expect.stringContaining('javascript') });
  });

  it('exports every metric that the dashboard shows', async () => {
    const { body } = await answer('/metrics');
    const exported = new Set([...body.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
    const dashboard = readFileSync(join(ROOT, 'deploy/grafana/loki-live.json'), 'utf8');
    const shown = new Set([...dashboard.matchAll(/loki_\w+/g)].map(([name]) => name));
    expect([...shown].filter((name) => !exported.has(name))).toEqual([]);
    expect(shown.size).toBeGreaterThan(10);
  });

  it('ends by itself when it is told to', async () => {
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
