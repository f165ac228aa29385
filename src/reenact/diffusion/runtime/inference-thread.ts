/**
 * The thread that runs a pack's networks: ONNX Runtime blocks whoever calls it, and the process's own thread has packets
 * to serve. One a device and process, shared by its sessions; started by inference-engine.ts. An error other than a
 * LokiError ends it.
 */
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { LokiError } from '../../../errors.ts';
import { takeBatch, type WaitingRun } from './batch-queue.ts';
import type { FromInference, InferenceThreadData, ToInference } from './inference-messages.ts';
import { type OpenedRunner, openRunner } from './open-runner.ts';
import { badOutput } from './pack-runner.ts';
import { StreamState } from './stream-state.ts';

type Run = Extract<ToInference, { kind: 'run' }> & WaitingRun;

/** The next frame's noise is made once whoever waited for this one has it: at once, this thread would be in their way. */
const PREPARE_AFTER_MS = 2;

const port = parentPort!;
const { pack, options } = workerData as InferenceThreadData;

const streams = new Map<number, StreamState>();
const waiting: Run[] = [];
let { maxBatch } = options;
/** The work under way; whatever comes next waits for it. */
let previous: Promise<void> = Promise.resolve();

const opened = await open();
if (opened !== null) {
  port.on('message', (message: ToInference) => receive(opened, message));
  reply({ kind: 'ready', info: opened.info });
}

async function open(): Promise<OpenedRunner | null> {
  try {
    return await openRunner(pack, options);
  } catch (error) {
    refuse(null, error);
    return null;
  }
}

function receive({ runner }: OpenedRunner, message: ToInference): void {
  switch (message.kind) {
    case 'open': {
      const { identity, exchanges, seed } = message;
      const { noiseCoherence } = pack.manifest.schedule;
      streams.set(message.stream, new StreamState(pack.layout, identity, exchanges, seed, noiseCoherence));
      return;
    }
    case 'close': {
      const stream = streams.get(message.stream);
      streams.delete(message.stream);
      if (stream !== undefined) after(async () => runner.leave(stream));
      return;
    }
    case 'run':
      waiting.push(message);
      after(() => runNext());
      return;
    case 'identify':
      after(async () => {
        const { id, portrait, map } = message;
        try {
          reply({ kind: 'identity', id, tensors: await runner.identify(portrait, map) });
        } catch (error) {
          refuse(id, error);
        }
      });
      return;
    case 'end':
      after(async () => {
        await runner.close();
        port.close();
      });
  }

  function after(work: () => Promise<void>): void {
    previous = previous.then(work);
  }

  async function runNext(): Promise<void> {
    // What came meanwhile joins it.
    await setImmediate();
    const known = (run: Run) => streams.get(run.stream);
    const batch = takeBatch(waiting, maxBatch, (runs) => {
      const states = runs.map(known).filter((state) => state !== undefined);
      return states.length === runs.length && runner.canJoin(states, runs[0].steps);
    });
    const runs = batch.filter((run) => known(run) !== undefined);
    for (const run of batch)
      if (!runs.includes(run)) refuse(run.id, new LokiError('CANCELLED', 'The stream was closed.'));
    if (runs.length > 0) await runTogether(runs);
  }

  async function runTogether(runs: readonly Run[]): Promise<void> {
    const states = runs.map(({ stream, exchange }) => {
      const state = streams.get(stream)!;
      state.turnTo(exchange);
      return state;
    });
    const [{ frames, steps }] = runs;
    try {
      const { times, sound } = await runner.run(states, frames, steps);
      for (const [i, { id }] of runs.entries())
        if (sound[i]) reply({ kind: 'frames', id, times });
        else refuse(id, badOutput('the picture'));
      const prepare = (): void => {
        for (const { noise, nextFrame } of states) noise.prepare(nextFrame);
      };
      setTimeout(prepare, PREPARE_AFTER_MS).unref();
    } catch (error) {
      if (runs.length > 1) {
        // Two at once may be too much for the device's memory where one is not.
        maxBatch = 1;
        for (const run of runs) await runTogether([run]);
        return;
      }
      runner.forget(states[0]);
      refuse(runs[0].id, error);
    }
  }
}

function refuse(id: number | null, error: unknown): void {
  if (!(error instanceof LokiError)) throw error;
  reply({ kind: 'refused', id, code: error.code, message: error.message });
}

function reply(message: FromInference): void {
  port.postMessage(message);
}
