import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPTS = fileURLToPath(new URL('../../scripts/', import.meta.url));
/** Ends as mediasoup's worker does when it is started by hand. */
const WORKER = '#!/bin/sh\nexit 41\n';
const ARCHIVE = `mediasoup-worker-9.8.7-${process.platform}-${process.arch}${
  process.platform === 'linux' ? `-kernel${release().split('.')[0]}` : ''
}.tgz`;

let project: string;
let children: ChildProcess[];
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'loki-worker-'));
  // As another user has to read it in one test.
  await chmod(project, 0o755);
  await cp(SCRIPTS, join(project, 'scripts'), { recursive: true });
  await mkdir(join(project, 'models/cache'), { recursive: true });
  await writeFile(join(project, 'models/cache/.unreachable'), '');
  const lock = JSON.stringify({ packages: { '': {}, 'node_modules/mediasoup': { version: '9.8.7' } } });
  await writeFile(join(project, 'package-lock.json'), lock);
  // The dependencies count as installed: these tests are about the worker.
  await mkdir(join(project, 'node_modules/tsx'), { recursive: true });
  const sum = createHash('sha256').update(lock).digest('hex');
  await writeFile(join(project, 'node_modules/.loki-setup'), `${sum} ${process.platform}-${process.arch}\n`);
  await mkdir(join(project, 'bin'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(project, { recursive: true, force: true });
});

/** A gzipped tar archive as mediasoup's makers publish it. */
function archive(content: string, name = 'mediasoup-worker'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')} `, 124);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return gzipSync(Buffer.concat([header, body, Buffer.alloc(1024)]));
}

type Answer = { readonly status?: number; readonly body?: Buffer; readonly silent?: boolean };

/** A release server; `requests` are the paths that it was asked for. */
async function releases(answer: Answer) {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (answer.silent === true) response.writeHead(200).write('\x1f');
    else response.writeHead(answer.status ?? 200).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    requests,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Nothing but Node and the project's `bin` is found, so that no step gets at this machine's apt or compiler. */
function start(args: string[], environment: Record<string, string>, options: { uid?: number } = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|MEDIASOUP|LOKI|XDG)/.test(name));
  const child = spawn(process.execPath, args, {
    cwd: project,
    env: {
      ...Object.fromEntries(inherited),
      PATH: join(project, 'bin'),
      XDG_CACHE_HOME: join(project, 'cache'),
      MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: 'http://127.0.0.1:9',
      ...environment,
    },
    ...options,
  });
  children.push(child);
  return child;
}

async function ended(child: ChildProcess) {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [status] = await once(child, 'close');
  return { status: status as number | null, stdout, stderr };
}

const setUp = (environment: Record<string, string> = {}) => ended(start(['scripts/setup.mjs'], environment));
const download = (server: { url: string }) => ({ MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: server.url });

/** Path of the worker as the rest of the project finds it, `null` where there is none. */
async function workerPath(environment: Record<string, string> = {}): Promise<string> {
  const code = `import('./scripts/setup/mediasoup-worker.mjs').then((m) => console.log(m.mediasoupWorkerPath()))`;
  return (await ended(start(['-e', code], environment))).stdout.trim();
}

const cached = async () => (await readdir(join(project, 'cache/loki-live')).catch(() => [])).sort();

async function program(name: string, body: string): Promise<void> {
  await writeFile(join(project, 'bin', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

describe("set-up of mediasoup's worker", () => {
  it('fetches the archive that the package itself would, once', async () => {
    await using server = await releases({ body: archive(WORKER) });
    expect(await setUp(download(server))).toEqual({
      status: 0,
      stdout: "Set-up: fetching mediasoup's media server (a few seconds) ...\nSet-up: done.\n",
      stderr: '',
    });
    expect(server.requests).toEqual([`/9.8.7/${ARCHIVE}`]);
    const path = await workerPath();
    expect(dirname(path)).toBe(join(project, 'cache/loki-live'));
    expect(path).toMatch(/mediasoup-worker-9\.8\.7-[0-9a-f]{12}-/);
    expect(await readFile(path, 'utf8')).toBe(WORKER);
    expect((await stat(path)).mode & 0o777).toBe(0o755);

    expect((await setUp(download(server))).stdout).toBe('Set-up: nothing to do.\n');
    expect(server.requests).toHaveLength(1);
  });

  it('reads an archive as tar itself writes it', async () => {
    await mkdir(join(project, 'release'));
    await writeFile(join(project, 'release/mediasoup-worker'), WORKER, { mode: 0o755 });
    execFileSync('tar', ['-czf', '../release.tgz', '.'], { cwd: join(project, 'release') });
    await using server = await releases({ body: await readFile(join(project, 'release.tgz')) });
    await setUp(download(server));
    expect(await readFile(await workerPath(), 'utf8')).toBe(WORKER);
  });

  it('refuses a cached worker that was changed, and fetches it again', async () => {
    await using server = await releases({ body: archive(WORKER) });
    await setUp(download(server));
    const path = await workerPath();
    await writeFile(path, `${WORKER}# changed\n`);
    expect(await workerPath()).toBe('null');
    await setUp(download(server));
    expect(await workerPath()).toBe(path);
    expect(await readFile(path, 'utf8')).toBe(WORKER);
  });

  it('refuses a cached worker without its checksum, as an interruption would leave it', async () => {
    await using server = await releases({ body: archive(WORKER) });
    await setUp(download(server));
    const path = await workerPath();
    await rm(`${path}.sha256`);
    expect(await workerPath()).toBe('null');
    await setUp(download(server));
    expect(await workerPath()).toBe(path);
  });

  it('takes the worker that the environment names, and asks nobody', async () => {
    await using server = await releases({ body: archive(WORKER) });
    await program('my-worker', 'exit 41');
    const given = { ...download(server), MEDIASOUP_WORKER_BIN: join(project, 'bin/my-worker') };
    expect((await setUp(given)).stdout).toBe('Set-up: nothing to do.\n');
    expect(await workerPath(given)).toBe(given.MEDIASOUP_WORKER_BIN);
    expect(server.requests).toEqual([]);
  });

  it('says so where the worker that the environment names does not run', async () => {
    const given = { MEDIASOUP_WORKER_BIN: join(project, 'bin/none') };
    expect((await setUp(given)).stdout).toContain('bin/none) does not run here: correct or unset it.');
    expect(await cached()).toEqual([]);
  });

  it('takes only a worker of the given checksum, where one is given', async () => {
    await using server = await releases({ body: archive(WORKER) });
    const sum = createHash('sha256').update(WORKER).digest('hex');
    const wrong = {
      ...download(server),
      MEDIASOUP_WORKER_SHA256: sum.replace(/^./, (c) => (c === '0' ? '1' : '0')),
    };
    expect((await setUp(wrong)).stdout).toContain('(its checksum is not MEDIASOUP_WORKER_SHA256)');
    expect(await workerPath()).toBe('null');
    await setUp({ ...wrong, MEDIASOUP_WORKER_SHA256: sum });
    expect(await workerPath()).not.toBe('null');
  });

  const whole = archive(WORKER);
  it.each<[string, string, Answer]>([
    ['there is none for this platform', 'none for this platform', { status: 404 }],
    ['the server fails', 'HTTP 503', { status: 503 }],
    ['the archive is cut short', 'damaged archive', { body: whole.subarray(0, whole.length - 20) }],
    ['the archive is no archive', 'damaged archive', { body: Buffer.from('<!doctype html>') }],
    ['the archive holds something else', 'archive without the worker', { body: archive(WORKER, 'other') }],
    [
      'the worker needs another system',
      'it does not run on this system',
      { body: archive('#!/bin/sh\nexit 1\n') },
    ],
    ['the archive stops coming', 'no answer', { silent: true }],
  ])('turns to the build where %s', async (_, reason, answer) => {
    await using server = await releases(answer);
    const { status, stdout, stderr } = await setUp(download(server));
    expect(stdout).toContain(`Set-up: it could not be fetched (${reason}); it is built here instead.\n`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(await cached()).toEqual([]);
  });

  it('says in one line what to do where it can neither be fetched nor built', async () => {
    const { status, stdout } = await setUp();
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /\nSet-up: This system has no apt: install g\+\+, .* for the media server, then run `npm run setup`\.\n/,
    );
    expect(await cached()).toEqual([]);
  });

  it('stops only what needs it', async () => {
    await mkdir(join(project, 'src'));
    await writeFile(join(project, 'src/main.ts'), '');
    await writeFile(join(project, 'src/other.mjs'), 'console.log("works")');
    await writeFile(
      join(project, 'node_modules/tsx/package.json'),
      JSON.stringify({ name: 'tsx', type: 'module', exports: './index.js' }),
    );
    await writeFile(join(project, 'node_modules/tsx/index.js'), '');
    const server = await ended(start(['scripts/run.mjs', 'src/main.ts'], {}));
    expect(server.status).toBe(1);
    expect(server.stderr).toMatch(/^This system has no apt: install .*\n$/);
    const tool = await ended(start(['scripts/run.mjs', 'src/other.mjs'], {}));
    expect(tool).toEqual({ status: 0, stdout: 'works\n', stderr: '' });
  });

  it('leaves nothing half-written when it is killed, and goes on next time', async () => {
    await using silent = await releases({ silent: true });
    const first = start(['scripts/setup.mjs'], download(silent));
    await expect.poll(() => silent.requests.length, { timeout: 20_000 }).toBe(1);
    first.kill('SIGKILL');
    await once(first, 'close');
    expect((await cached()).filter((name) => name.startsWith('mediasoup'))).toEqual([]);
    await using server = await releases({ body: archive(WORKER) });
    expect((await setUp(download(server))).status).toBe(0);
    expect((await cached()).map((name) => name.replace(/^.*?-x64|^.*?-arm64/, ''))).toEqual(['', '.sha256']);
  });

  it('is done once by two that start together, in one checkout or in two', async () => {
    await using server = await releases({ body: archive(WORKER) });
    const second = await mkdtemp(join(tmpdir(), 'loki-worker-'));
    try {
      await cp(project, second, { recursive: true });
      const elsewhere = start([join(second, 'scripts/setup.mjs')], download(server));
      const results = await Promise.all([setUp(download(server)), setUp(download(server)), ended(elsewhere)]);
      expect(results.map(({ status, stderr }) => ({ status, stderr }))).toEqual(
        results.map(() => ({ status: 0, stderr: '' })),
      );
      expect(server.requests).toHaveLength(1);
      expect(await workerPath()).not.toBe('null');
    } finally {
      await rm(second, { recursive: true, force: true });
    }
  });
});

describe('the packages that the build needs', () => {
  const log = () => readFile(join(project, 'apt.log'), 'utf8').catch(() => '');

  it('are installed by apt, with fresh lists where the old ones do not do', async (context) => {
    if (process.getuid?.() !== 0) await program('sudo', 'shift; exec "$@"');
    if (process.platform === 'win32') context.skip();
    await program('dpkg-query', 'echo "libssl-dev installed"; exit 1');
    await program(
      'apt-get',
      `[ "$1" = --version ] && exit 0\necho "$@" >> "${project}/apt.log"\nif [ "$3" = update ]; then : > "${project}/updated"; fi\n[ -e "${project}/updated" ] || { echo "E: Unable to locate package g++" >&2; exit 100; }`,
    );
    const { stdout } = await setUp();
    const lines = (await log()).trim().split('\n');
    expect(lines.map((line) => line.split(' ')[2])).toEqual(['install', 'update', 'install']);
    expect(lines[2]).toMatch(/install -y --no-install-recommends g\+\+ pkg-config .* libuv1-dev$/);
    expect(lines[2]).not.toContain('libssl-dev');
    expect(stdout).toContain('Set-up: installing a compiler and libraries with apt (about a minute) ...');
    // There is no compiler after all.
    expect(stdout).toMatch(/could not be built \(.*\): give one in MEDIASOUP_WORKER_BIN\./);
    expect((await cached()).filter((name) => name !== 'setup.lock')).toEqual([]);
  });

  it('are named with the command to type where root is needed', async (context) => {
    await program('dpkg-query', 'exit 1');
    await program('apt-get', `[ "$1" = --version ] || echo "$@" >> "${project}/apt.log"`);
    if (process.getuid?.() === 0) await ended(spawn('/bin/chmod', ['-R', 'a+rwX', project]));
    else if (process.getuid === undefined) context.skip();
    const user = process.getuid?.() === 0 ? { uid: 65534 } : {};
    const { stdout, status } = await ended(start(['scripts/setup.mjs'], {}, user));
    expect(stdout).toMatch(
      /\nSet-up: Run `sudo apt-get install -y --no-install-recommends g\+\+ .*` for the media server, then `npm run setup`\.\n/,
    );
    expect(status).toBe(0);
    expect(await log()).toBe('');
  });
});
