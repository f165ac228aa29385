/** One look at a process that hosts sessions. Times count up from its start. */
export interface ProcessSample {
  readonly pid: number;
  readonly cpuSeconds: number;
  readonly loopBusySeconds: number;
  /** Sum over its sessions, Hz. */
  readonly framesPerSecond: number;
  /** All of its sessions reenact a driver: what it uses is what a session costs. */
  readonly steady: boolean;
}

export interface LoadSample {
  /** Monotonic. */
  readonly nowMs: number;
  readonly processes: readonly ProcessSample[];
  /** Of all processes on the machine, summed over cores, counting up. */
  readonly machineBusySeconds: number;
}

export interface MeasuredLoad {
  /** Null before a session has run steadily for some seconds; then the latest that was measured. */
  readonly msPerFrame: number | null;
  readonly loopMsPerFrame: number | null;
  /** Cores busy with the hosting processes, and with anything else. */
  readonly workerCores: number;
  readonly otherCores: number;
}

const WINDOW_MS = 8000;
/** Fewer say too little: two seconds of a session. */
const MIN_FRAMES = 50;

interface Interval {
  readonly endMs: number;
  readonly seconds: number;
  readonly workerSeconds: number;
  readonly otherSeconds: number;
  readonly steadySeconds: number;
  readonly steadyLoopSeconds: number;
  readonly steadyFrames: number;
}

/** What a frame costs and how busy the machine is, over the last seconds. Pure: samples and clock come from outside. */
export class LoadMeter {
  readonly #intervals: Interval[] = [];
  #last: LoadSample | null = null;
  #msPerFrame: number | null = null;
  #loopMsPerFrame: number | null = null;

  add(sample: LoadSample): void {
    const last = this.#last;
    this.#last = sample;
    if (last === null) return;
    const seconds = (sample.nowMs - last.nowMs) / 1000;
    if (seconds <= 0) return;
    this.#intervals.push(intervalOf(last, sample, seconds));
    while (this.#intervals[0].endMs < sample.nowMs - WINDOW_MS) this.#intervals.shift();
    const frames = this.#sum('steadyFrames');
    if (frames < MIN_FRAMES) return;
    this.#msPerFrame = (1000 * this.#sum('steadySeconds')) / frames;
    this.#loopMsPerFrame = (1000 * this.#sum('steadyLoopSeconds')) / frames;
  }

  read(): MeasuredLoad {
    const seconds = Math.max(1e-3, this.#sum('seconds'));
    return {
      msPerFrame: this.#msPerFrame,
      loopMsPerFrame: this.#loopMsPerFrame,
      workerCores: this.#sum('workerSeconds') / seconds,
      otherCores: this.#sum('otherSeconds') / seconds,
    };
  }

  #sum(field: keyof Interval): number {
    let sum = 0;
    for (const interval of this.#intervals) sum += interval[field];
    return sum;
  }
}

function intervalOf(last: LoadSample, sample: LoadSample, seconds: number): Interval {
  let workerSeconds = 0;
  let steadySeconds = 0;
  let steadyLoopSeconds = 0;
  let steadyFrames = 0;
  for (const process of sample.processes) {
    // A process that is new began at zero; one that took over mid-way is steady from its second sample on.
    const before = last.processes.find(({ pid }) => pid === process.pid);
    if (before === undefined) continue;
    const used = Math.max(0, process.cpuSeconds - before.cpuSeconds);
    workerSeconds += used;
    if (!process.steady || !before.steady) continue;
    steadySeconds += used;
    steadyLoopSeconds += Math.max(0, process.loopBusySeconds - before.loopBusySeconds);
    steadyFrames += process.framesPerSecond * seconds;
  }
  const machine = sample.machineBusySeconds - last.machineBusySeconds;
  return {
    endMs: sample.nowMs,
    seconds,
    workerSeconds,
    otherSeconds: Math.max(0, machine - workerSeconds),
    steadySeconds,
    steadyLoopSeconds,
    steadyFrames,
  };
}
