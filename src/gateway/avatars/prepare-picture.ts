import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ErrorCode, LokiError } from '../../errors.ts';

/** To the child process. */
export interface PictureOrder {
  readonly upload: string;
  /** JPEG to write. */
  readonly picture: string;
  /** WebP to write. */
  readonly thumbnail: string;
  readonly maxPixels: number;
}

/** From the child process. */
export type PictureAnswer =
  | { readonly ok: true; readonly widthPx: number; readonly heightPx: number }
  | { readonly ok: false; readonly code: ErrorCode };

const TYPESCRIPT = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const PROCESS = fileURLToPath(new URL('./picture-process.ts', import.meta.url));
/** A picture that takes longer was made to. */
const TIME_LIMIT_MS = 30_000;
const MAX_WAITING = 8;

/** Prepares uploaded pictures, one at a time, each in a process of its own that ends with it. */
export class PicturePreparer {
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #child: ChildProcess | null = null;
  #closed = false;

  /** @throws LokiError INPUT_UNREADABLE, INPUT_TOO_LARGE, SERVER_BUSY, SHUTTING_DOWN */
  async prepare(order: PictureOrder): Promise<{ widthPx: number; heightPx: number }> {
    if (this.#waiting >= MAX_WAITING) {
      throw new LokiError('SERVER_BUSY', 'Many pictures are being looked at: try again in a minute.');
    }
    this.#waiting++;
    const turn = this.#tail.then(() => this.#run(order));
    this.#tail = turn.catch(() => {});
    try {
      const answer = await turn;
      if (!answer.ok) throw new LokiError(answer.code, 'The picture was refused.');
      return answer;
    } finally {
      this.#waiting--;
    }
  }

  /** Idempotent; what is pending rejects with SHUTTING_DOWN. */
  close(): void {
    this.#closed = true;
    this.#child?.kill('SIGKILL');
  }

  #run(order: PictureOrder): Promise<PictureAnswer> {
    if (this.#closed) return Promise.reject(stopping());
    return new Promise((resolve, reject) => {
      const child = fork(PROCESS, {
        execArgv: ['--import', TYPESCRIPT],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
      this.#child = child;
      const timer = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT_MS);
      let answer: PictureAnswer = { ok: false, code: 'INPUT_UNREADABLE' };
      child.on('message', (message: PictureAnswer) => {
        answer = message;
      });
      child.on('error', reject);
      child.on('exit', () => {
        clearTimeout(timer);
        this.#child = null;
        if (this.#closed) reject(stopping());
        else resolve(answer);
      });
      child.send(order, (error) => {
        if (error !== null) reject(error);
      });
    });
  }
}

function stopping(): LokiError {
  return new LokiError('SHUTTING_DOWN', 'The server is being stopped: try again in a minute.');
}
