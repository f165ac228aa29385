import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ERROR_CODES, type ErrorCode, LokiError } from '../../errors.ts';
import type { FilePlayer, PlayFileOptions } from './play-file.ts';
import { type PlayFileReply, type PlayFileRequest, playFileReplySchema } from './play-file-messages.ts';

/** A player that does not end by itself within this is killed. */
const STOP_MS = 2000;

/** A player in a process of its own. */
export interface FilePlayerProcess extends FilePlayer {
  readonly pid: number;
}

/**
 * As `playFile`, in a child process, so that decoding and encoding cost the caller's event loop nothing.
 *
 * @throws LokiError of `playFile`; WORKER_DIED
 */
export async function playFileInProcess(options: PlayFileOptions): Promise<FilePlayerProcess> {
  const child = fork(fileURLToPath(new URL('./play-file-worker.ts', import.meta.url)), {
    execArgv: ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href],
  });
  let settle: (error: LokiError | null) => void = () => {};
  const ended = new Promise<LokiError | null>((resolve) => {
    settle = resolve;
  });
  let stopping = false;
  const playing = new Promise<{ ip: string; port: number }>((resolve, reject) => {
    child.on('message', (message) => {
      const parsed = playFileReplySchema.safeParse(message);
      if (!parsed.success) return;
      const reply = parsed.data as PlayFileReply;
      if (reply.kind === 'playing') resolve({ ip: reply.ip, port: reply.port });
      else {
        const error =
          reply.error === null ? null : new LokiError(knownCode(reply.error.code), reply.error.message);
        settle(error);
        if (error !== null) reject(error);
      }
    });
    child.once('exit', () => {
      const died = new LokiError('WORKER_DIED', 'The process that plays the video ended unexpectedly.');
      settle(stopping ? null : died);
      reject(died);
    });
  });
  child.send({ kind: 'play', options } satisfies PlayFileRequest);
  const address = await playing;
  return {
    address,
    ended,
    pid: child.pid!,
    stop: async () => {
      stopping = true;
      await stop(child);
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  if (child.connected) child.disconnect();
  await exited;
  clearTimeout(timer);
}

function knownCode(code: string): ErrorCode {
  return Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'INTERNAL';
}
