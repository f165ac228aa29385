import { Worker } from 'node:worker_threads';
import { LokiError } from '../../errors.ts';
import type { CalibrateOptions } from '../fit/calibrate.ts';
import type { Calibration } from '../fit/types.ts';
import type { TrackedFace } from '../track/types.ts';
import type { CalibrationReply, CalibrationRequest, CalibrationWorkerData } from './calibration-messages.ts';
import type { Calibrator } from './types.ts';

/** Requests that wait at most; a session has one or two under way. */
const MAX_PENDING = 64;

interface Pending {
  resolve(calibration: Calibration): void;
  reject(error: LokiError): void;
}

/**
 * Starts the calibration's thread. One face takes 0.1 to 0.3 s, sixteen about one second.
 *
 * @param headPath head file, the same as the rig's; null for the open head
 */
export function createCalibrator(headPath: string | null = null): Calibrator {
  return new ThreadedCalibrator(headPath);
}

class ThreadedCalibrator implements Calibrator {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #ended: LokiError | null = null;

  constructor(headPath: string | null) {
    this.#worker = new Worker(new URL('./calibration-worker.ts', import.meta.url), {
      workerData: { headPath } satisfies CalibrationWorkerData,
      name: 'calibrator',
      execArgv: ['--import', new URL('../track/register-typescript.mjs', import.meta.url).href],
    });
    this.#worker.on('message', (reply: CalibrationReply) => this.#settle(reply));
    this.#worker.on('error', (cause) =>
      this.#end(new LokiError('WORKER_DIED', "The calibration's thread ended unexpectedly.", { cause })),
    );
    this.#worker.on('exit', () =>
      this.#end(new LokiError('WORKER_DIED', "The calibration's thread ended unexpectedly.")),
    );
  }

  calibrate(faces: readonly TrackedFace[], options: CalibrateOptions = {}): Promise<Calibration> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    if (this.#pending.size >= MAX_PENDING)
      return Promise.reject(new LokiError('SERVER_BUSY', 'Too many drivers are being learned at once.'));
    return new Promise((resolve, reject) => {
      const request: CalibrationRequest = { id: this.#nextId++, faces, options };
      this.#pending.set(request.id, { resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  async close(): Promise<void> {
    this.#end(new LokiError('CANCELLED', 'The calibrator was closed.'));
    await this.#worker.terminate();
  }

  #settle(reply: CalibrationReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.kind === 'learned') pending?.resolve(reply.calibration);
    else pending?.reject(new LokiError(reply.code, reply.message));
  }

  #end(reason: LokiError): void {
    this.#ended ??= reason;
    for (const pending of this.#pending.values()) pending.reject(this.#ended);
    this.#pending.clear();
  }
}
