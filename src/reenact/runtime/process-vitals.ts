import { readdirSync, readFileSync } from 'node:fs';

/** What the operating system says of another process. Times count up from its start, ms. */
export interface ProcessVitals {
  /** CPU time of its main thread. */
  readonly mainRanMs: number;
  /** Time that its main thread was ready to run without being given a core. */
  readonly mainQueuedMs: number;
  /** CPU time of all its threads, in steps of 10 ms. */
  readonly ranMs: number;
  /** By a signal or a debugger. */
  readonly stopped: boolean;
}

const MS_PER_TICK = 10;

/**
 * From Linux's `/proc/PID/task/TID/schedstat` (Documentation/scheduler/sched-stats.rst) and `/proc/PID/stat` (proc(5)).
 *
 * @returns null elsewhere, and where the process is gone
 */
export function processVitals(pid: number): ProcessVitals | null {
  try {
    const [ranNs, queuedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ');
    const fields = statFields(`/proc/${pid}/stat`);
    return {
      mainRanMs: Number(ranNs) / 1e6,
      mainQueuedMs: Number(queuedNs) / 1e6,
      ranMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
      stopped: fields[0] === 'T' || fields[0] === 't',
    };
  } catch {
    return null;
  }
}

/** Whether a thread of the process has a core just now, or waits for one: its wait is counted only once it is over. */
export function isRunnable(pid: number): boolean {
  try {
    const tasks = `/proc/${pid}/task`;
    return readdirSync(tasks).some((thread) => statFields(`${tasks}/${thread}/stat`)[0] === 'R');
  } catch {
    // The process, or one of its threads, ended meanwhile: the latter is a sign of life.
    return true;
  }
}

/** From the third field on, the state; the second, a name in brackets, may hold anything. */
function statFields(path: string): string[] {
  const line = readFileSync(path, 'latin1');
  return line.slice(line.lastIndexOf(')') + 2).split(' ');
}
