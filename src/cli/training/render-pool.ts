import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LokiError } from '../../errors.ts';
import type { PersonMeta } from './person-folder.ts';
import type { RenderJob, RenderReply, RenderRequest } from './worker-messages.ts';

const WORKER = fileURLToPath(new URL('./render-worker.ts', import.meta.url));

export interface PoolEvents {
  done(meta: PersonMeta, tookMs: number): void;
  /** A person that can't be drawn; the others can. */
  skipped(seed: number, message: string): void;
}

/**
 * Draws the people of `seeds` in `jobs` processes, each as fast as it can.
 *
 * @throws LokiError `CANCELLED` after `signal`, `WORKER_DIED` where a process ends on its own, and what a process
 *   reports that no other person could avoid (`DISK_FULL` …); the other processes are ended first
 */
export async function renderPeople(
  seeds: readonly number[],
  jobs: number,
  job: RenderJob,
  signal: AbortSignal,
  events: PoolEvents,
): Promise<void> {
  const waiting = [...seeds];
  const children: ChildProcess[] = [];
  const runOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(WORKER, [JSON.stringify(job)], {
        execArgv: ['--import', import.meta.resolve('tsx')],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      children.push(child);
      const next = (): void => {
        const seed = waiting.shift();
        if (seed !== undefined) child.send({ seed } satisfies RenderRequest);
        else {
          resolve();
          child.kill();
        }
      };
      child.on('message', (reply: RenderReply) => {
        if (reply.kind === 'done') events.done(reply.meta, reply.tookMs);
        else if (reply.kind === 'failed') {
          if (reply.code !== 'NO_FACE') {
            reject(new LokiError(reply.code, reply.message));
            return;
          }
          events.skipped(reply.seed, reply.message);
        }
        next();
      });
      child.on('exit', (code, name) =>
        reject(
          new LokiError(
            'WORKER_DIED',
            `A rendering process ended unexpectedly (${name ?? `status ${code}`}).`,
          ),
        ),
      );
      signal.addEventListener('abort', () =>
        reject(new LokiError('CANCELLED', 'Stopped; run the same command again to go on.')),
      );
    });
  try {
    await Promise.all(Array.from({ length: Math.min(jobs, seeds.length) }, runOne));
  } finally {
    for (const child of children) child.kill();
  }
}
