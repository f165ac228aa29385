import { availableParallelism, cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { SessionSpec } from '../../contract/live-session.ts';
import { LokiError } from '../../errors.ts';
import { type Admission, type AdmissionLimits, admit, type Load } from './admission.ts';
import { LoadMeter, type ProcessSample } from './load-meter.ts';
import type { SessionRecord, SessionSlot } from './session-record.ts';

/** What runs now, as the doorkeeper looks at it once a second. */
export interface Running {
  readonly slots: readonly SessionSlot[];
  readonly sessions: ReadonlyMap<string, SessionRecord>;
}

const SAMPLE_MS = 1000;
/** Below this, a session counts as behind its driver. */
const KEEPS_UP = 0.8;
const BEHIND_SAMPLES = 3;
/** Above this, what nobody waits for waits. */
const IDLE_UTILISATION = 0.7;
/** Expected of a session while none runs. */
const USUAL_FPS = 25;

/** Decides who may come in: measures what sessions cost and asks {@link admit}. */
export class Doorkeeper {
  readonly #limits: AdmissionLimits;
  readonly #onLoad: (utilisation: number) => void;
  readonly #meter = new LoadMeter();
  readonly #cores = availableParallelism();
  #timer: NodeJS.Timeout | undefined;
  #running: Running | null = null;
  #refusedLast = false;
  #refusals = 0;

  /** @param onLoad told once a second how much of all cores is in use */
  constructor(limits: AdmissionLimits, onLoad: (utilisation: number) => void) {
    this.#limits = limits;
    this.#onLoad = onLoad;
  }

  start(running: Running): void {
    this.#running = running;
    this.#timer = setInterval(() => this.#look(running), SAMPLE_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  get refusals(): number {
    return this.#refusals;
  }

  /** Share of all cores that is in use now. */
  get utilisation(): number {
    const { workerCores, otherCores } = this.#meter.read();
    return (workerCores + otherCores) / this.#cores;
  }

  /** Nobody would notice some work at low priority. */
  get idle(): boolean {
    return (this.#running?.sessions.size ?? 0) === 0 || this.utilisation < IDLE_UTILISATION;
  }

  /** @throws LokiError SERVER_BUSY */
  require({ maxFps }: SessionSpec, sessions: number, sessionsOnFreest: number): void {
    const { admitted, message } = this.#ask(maxFps, sessions, sessionsOnFreest);
    this.#refusedLast = !admitted;
    if (admitted) return;
    this.#refusals++;
    throw new LokiError('SERVER_BUSY', message);
  }

  /** Share of all cores that would be in use with one session more. */
  predict(sessions: number, sessionsOnFreest: number): number {
    return this.#ask(USUAL_FPS, sessions, sessionsOnFreest).predictedUtilisation;
  }

  #ask(fps: number, sessions: number, sessionsOnFreest: number): Admission {
    const { msPerFrame, loopMsPerFrame, otherCores } = this.#meter.read();
    const records = [...(this.#running?.sessions.values() ?? [])];
    const load: Load = {
      cores: this.#cores,
      sessions,
      sessionsOnFreest,
      fps,
      msPerFrame,
      loopMsPerFrame,
      otherCores,
      behind: records.some(({ behind }) => behind >= BEHIND_SAMPLES),
    };
    return admit(load, this.#limits, this.#refusedLast);
  }

  #look({ slots, sessions }: Running): void {
    for (const record of sessions.values()) {
      const { stats } = record;
      const late =
        stats?.state === 'live' && stats.fpsOut < KEEPS_UP * Math.min(stats.fpsIn, record.spec.maxFps);
      record.behind = late ? record.behind + 1 : 0;
    }
    this.#meter.add({
      nowMs: performance.now(),
      processes: slots.flatMap(sampleOf),
      machineBusySeconds: machineBusySeconds(),
    });
    this.#onLoad(this.utilisation);
  }
}

function sampleOf({ process, sessions }: SessionSlot): ProcessSample[] {
  if (process === null) return [];
  let framesPerSecond = 0;
  for (const { stats } of sessions) framesPerSecond += stats?.fpsOut ?? 0;
  return [
    {
      pid: process.pid,
      cpuSeconds: process.usage.cpuSeconds,
      loopBusySeconds: process.usage.loopBusySeconds,
      framesPerSecond,
      steady: sessions.size > 0 && [...sessions].every(({ stats }) => stats?.state === 'live'),
    },
  ];
}

function machineBusySeconds(): number {
  let busyMs = 0;
  for (const { times } of cpus()) busyMs += times.user + times.nice + times.sys + times.irq;
  return busyMs / 1000;
}
