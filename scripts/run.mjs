/**
 * Runs a TypeScript command line, after the set-up that it needs:
 *
 *     node scripts/run.mjs src/cli/animate.ts --help
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { mediasoupWorkerPath } from './setup/mediasoup-worker.mjs';
import { ROOT } from './setup/project.mjs';
import { setUpOrExit } from './setup.mjs';

const [script, ...args] = process.argv.slice(2);
const isServer = script === 'src/main.ts' || script.startsWith('load-tests/');

await setUpOrExit({ server: isServer ? 'required' : 'unneeded' });
const worker = isServer ? mediasoupWorkerPath() : null;
const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), join(ROOT, script), ...args], {
  stdio: 'inherit',
  // Paths on the command line are meant from where the user typed it; npm goes to the root first.
  cwd: process.env.INIT_CWD ?? process.cwd(),
  // Decoder, encoder and muxer wait in libuv's pool, which is sized before any code of ours runs.
  env: {
    ...process.env,
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '8',
    ...(worker !== null && { MEDIASOUP_WORKER_BIN: worker }),
  },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
