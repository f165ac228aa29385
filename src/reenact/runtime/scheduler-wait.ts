import { readFileSync } from 'node:fs';

/**
 * How long a process's main thread has ever been ready to run without being given a core, ms: the second number of
 * Linux's `/proc/PID/task/TID/schedstat` (Documentation/scheduler/sched-stats.rst). 0 elsewhere, and where the process
 * is gone.
 */
export function schedulerWaitMs(pid: number): number {
  try {
    const [, waitNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ');
    return Number(waitNs) / 1e6 || 0;
  } catch {
    return 0;
  }
}
