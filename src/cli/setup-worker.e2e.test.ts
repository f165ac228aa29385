import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ended, SetUpFixture } from './setup-fixture.ts';

/** Ends as mediasoup's worker does when it is started by hand. */
const WORKER = '#!/bin/sh\nexit 41\n';
const ARCHIVE = `mediasoup-worker-9.8.7-${process.platform}-${process.arch}${
  process.platform === 'linux' ? `-kernel${release().split('.')[0]}` : ''
}.tgz`;

let project: SetUpFixture;
beforeEach(async () => {
  project = await SetUpFixture.create({ mediasoup: '9.8.7' });
});
afterEach(() => project.remove());

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

const download = (server: { url: string }) => ({ MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: server.url });

/** Path of the worker as the rest of the project finds it, `null` where there is none. */
async function workerPath(environment: Record<string, string> = {}): Promise<string> {
  const code = `import('./scripts/setup/mediasoup-worker.mjs').then((m) => console.log(m.mediasoupWorkerPath()))`;
  return (await ended(project.start(['-e', code], environment))).stdout.trim();
}

const cached = async () => (await readdir(project.path('cache/loki-live')).catch(() => [])).sort();

describe("set-up of mediasoup's worker", () => {
  it('fetches the archive that the package itself would, once', async () => {
    await using server = await releases({ body: archive(WORKER) });
    expect(await project.setUp(download(server))).toEqual({
      status: 0,
      stdout: "Set-up: fetching mediasoup's media server (a few seconds) ...\nSet-up: done.\n",
      stderr: '',
    });
    expect(server.requests).toEqual([`/9.8.7/${ARCHIVE}`]);
    const path = await workerPath();
    expect(dirname(path)).toBe(project.path('cache/loki-live'));
    expect(path).toMatch(/mediasoup-worker-9\.8\.7-[0-9a-f]{12}-/);
    expect(await readFile(path, 'utf8')).toBe(WORKER);
    expect((await stat(path)).mode & 0o777).toBe(0o755);

    expect((await project.setUp(download(server))).stdout).toBe('Set-up: nothing to do.\n');
    expect(server.requests).toHaveLength(1);
  });

  it('reads an archive as tar itself writes it', async () => {
    await mkdir(project.path('release'));
    await writeFile(project.path('release/mediasoup-worker'), WORKER, { mode: 0o755 });
    execFileSync('tar', ['-czf', '../release.tgz', '.'], { cwd: project.path('release') });
    await using server = await releases({ body: await readFile(project.path('release.tgz')) });
    await project.setUp(download(server));
    expect(await readFile(await workerPath(), 'utf8')).toBe(WORKER);
  });

  it('refuses a cached worker that was changed, and fetches it again', async () => {
    await using server = await releases({ body: archive(WORKER) });
    await project.setUp(download(server));
    const path = await workerPath();
    await writeFile(path, `${WORKER}# changed\n`);
    expect(await workerPath()).toBe('null');
    await project.setUp(download(server));
    expect(await workerPath()).toBe(path);
    expect(await readFile(path, 'utf8')).toBe(WORKER);
  });

  it('refuses a cached worker without its checksum, as an interruption would leave it', async () => {
    await using server = await releases({ body: archive(WORKER) });
    await project.setUp(download(server));
    const path = await workerPath();
    await rm(`${path}.sha256`);
    expect(await workerPath()).toBe('null');
    await project.setUp(download(server));
    expect(await workerPath()).toBe(path);
  });

  it('takes the worker that the environment names, and asks nobody', async () => {
    await using server = await releases({ body: archive(WORKER) });
    await project.program('my-worker', 'exit 41');
    const given = { ...download(server), MEDIASOUP_WORKER_BIN: project.path('bin/my-worker') };
    expect((await project.setUp(given)).stdout).toBe('Set-up: nothing to do.\n');
    expect(await workerPath(given)).toBe(given.MEDIASOUP_WORKER_BIN);
    expect(server.requests).toEqual([]);
  });

  it('says so where the worker that the environment names does not run', async () => {
    const given = { MEDIASOUP_WORKER_BIN: project.path('bin/none') };
    expect((await project.setUp(given)).stdout).toContain(
      'bin/none) does not run here: correct or unset it.',
    );
    expect(await cached()).toEqual([]);
  });

  it('takes only a worker of the given checksum, where one is given', async () => {
    await using server = await releases({ body: archive(WORKER) });
    const sum = createHash('sha256').update(WORKER).digest('hex');
    const wrong = {
      ...download(server),
      MEDIASOUP_WORKER_SHA256: sum.replace(/^./, (c) => (c === '0' ? '1' : '0')),
    };
    expect((await project.setUp(wrong)).stdout).toContain('(its checksum is not MEDIASOUP_WORKER_SHA256)');
    expect(await workerPath()).toBe('null');
    await project.setUp({ ...wrong, MEDIASOUP_WORKER_SHA256: sum });
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
    const { status, stdout, stderr } = await project.setUp(download(server));
    expect(stdout).toContain(`Set-up: it could not be fetched (${reason}); it is built here instead.\n`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(await cached()).toEqual([]);
  });

  it('says in one line what to do where it can neither be fetched nor built', async () => {
    const { status, stdout } = await project.setUp();
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /\nSet-up: This system has no apt: install g\+\+, .* for the media server, then run `npm run setup`\.\n/,
    );
    expect(await cached()).toEqual([]);
  });

  it('stops only what needs it', async () => {
    await project.write('src/other.mjs', 'console.log("works")');
    const tsx = JSON.stringify({ name: 'tsx', type: 'module', exports: './index.js' });
    await project.write('node_modules/tsx/package.json', tsx);
    await project.write('node_modules/tsx/index.js', '');
    const server = await ended(project.start(['scripts/run.mjs', 'src/main.ts']));
    expect(server.status).toBe(1);
    expect(server.stderr).toMatch(/^This system has no apt: install .*\n$/);
    const tool = await ended(project.start(['scripts/run.mjs', 'src/other.mjs']));
    expect(tool).toEqual({ status: 0, stdout: 'works\n', stderr: '' });
  });

  it('leaves nothing half-written when it is killed, and goes on next time', async () => {
    await using silent = await releases({ silent: true });
    const first = project.start(['scripts/setup.mjs'], download(silent));
    await expect.poll(() => silent.requests.length, { timeout: 20_000 }).toBe(1);
    first.kill('SIGKILL');
    await once(first, 'close');
    expect((await cached()).filter((name) => name.startsWith('mediasoup'))).toEqual([]);
    await using server = await releases({ body: archive(WORKER) });
    expect((await project.setUp(download(server))).status).toBe(0);
    expect((await cached()).map((name) => name.replace(/^.*?-x64|^.*?-arm64/, ''))).toEqual(['', '.sha256']);
  });

  it('is done once by two that start together, in one checkout or in two', async () => {
    await using server = await releases({ body: archive(WORKER) });
    const second = await mkdtemp(join(tmpdir(), 'loki-worker-'));
    try {
      await cp(project.folder, second, { recursive: true });
      const elsewhere = project.start([join(second, 'scripts/setup.mjs')], download(server));
      const results = await Promise.all([
        project.setUp(download(server)),
        project.setUp(download(server)),
        ended(elsewhere),
      ]);
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
  const log = () => readFile(project.path('apt.log'), 'utf8').catch(() => '');

  it('are installed by apt, with fresh lists where the old ones do not do', async (context) => {
    if (process.getuid?.() !== 0) await project.program('sudo', 'shift; exec "$@"');
    if (process.platform === 'win32') context.skip();
    await project.program('dpkg-query', 'echo "libssl-dev installed"; exit 1');
    await project.program(
      'apt-get',
      `[ "$1" = --version ] && exit 0\necho "$@" >> "${project.folder}/apt.log"\nif [ "$3" = update ]; then : > "${project.folder}/updated"; fi\n[ -e "${project.folder}/updated" ] || { echo "E: Unable to locate package g++" >&2; exit 100; }`,
    );
    const { stdout } = await project.setUp();
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
    await project.program('dpkg-query', 'exit 1');
    await project.program('apt-get', `[ "$1" = --version ] || echo "$@" >> "${project.folder}/apt.log"`);
    if (process.getuid?.() === 0) await ended(spawn('/bin/chmod', ['-R', 'a+rwX', project.folder]));
    else if (process.getuid === undefined) context.skip();
    const user = process.getuid?.() === 0 ? { uid: 65534 } : {};
    const { stdout, status } = await ended(project.start(['scripts/setup.mjs'], {}, user));
    expect(stdout).toMatch(
      /\nSet-up: Run `sudo apt-get install -y --no-install-recommends g\+\+ .*` for the media server, then `npm run setup`\.\n/,
    );
    expect(status).toBe(0);
    expect(await log()).toBe('');
  });
});
