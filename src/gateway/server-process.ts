/** Starts the real server as a process of its own, for end-to-end tests: free ports, a state folder that goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mediasoupWorkerPath } from '../../scripts/setup/mediasoup-worker.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const START_LIMIT_MS = 60_000;

/** Null where set-up could not get one: tests that need the server skip then, and say so. */
export const MEDIASOUP_WORKER = mediasoupWorkerPath();

export interface ServerProcess {
  readonly child: ChildProcess;
  /** http://localhost:PORT */
  readonly base: string;
  readonly stateDir: string;
  output(): string;
  log(): string;
  /** Path of a printed short link, by what stands before it. */
  link(what: string): string;
  /** Exit status. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ServerProcessOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Ends with `output()` and `log()` filled where it does not come up. */
export async function startServer({
  args = [],
  env = {},
}: ServerProcessOptions = {}): Promise<ServerProcess> {
  const { child, stateDir, output, log, ended } = launch({ args, env });
  const deadline = Date.now() + START_LIMIT_MS;
  while (!/Ctrl-C stops/.test(output())) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the server did not start:\n${output()}\n${log()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const base = /http:\/\/localhost:\d+/.exec(output())?.[0] ?? '';
  return {
    child,
    base,
    stateDir,
    output,
    log,
    link: (what) => new RegExp(`${what} +\\S+?(/go/\\w+)`).exec(output())?.[1] ?? '',
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs the server until it ends by itself. */
export async function runServer(options: ServerProcessOptions) {
  const { ended, output, log } = launch(options);
  return { status: await ended, output: output(), log: log() };
}

function launch({ args = [], env = {} }: ServerProcessOptions) {
  const stateDir = mkdtempSync(join(tmpdir(), 'loki-server-'));
  const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'src/main.ts'), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...(MEDIASOUP_WORKER !== null && { MEDIASOUP_WORKER_BIN: MEDIASOUP_WORKER }),
      LOKI_STATE_DIR: stateDir,
      LOKI_HTTP_PORT: '0',
      LOKI_HTTPS_PORT: '0',
      LOKI_SFU_PORT: '0',
      // The browsers of a test need what the networks would take of a small machine; who tests those asks for them.
      LOKI_GENERATOR_DEFAULT: 'geometric',
      ...env,
    },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const ended = once(child, 'close').then(([status]) => {
    rmSync(stateDir, { recursive: true, force: true });
    return status as number | null;
  });
  return { child, stateDir, ended, output: () => out, log: () => err };
}
