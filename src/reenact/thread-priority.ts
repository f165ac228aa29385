import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Lowers the calling thread's priority, and with it that of threads that it starts from now on; only Linux can.
 *
 * @param nice 1 to 19, as of nice(1)
 */
export function lowerThreadPriority(nice: number): void {
  if (process.platform !== 'linux') return;
  // On Linux a priority belongs to a thread, whatever POSIX says: sched(7), "The nice value".
  const threadId = Number(readlinkSync('/proc/thread-self').split('/').pop());
  setPriority(threadId, nice);
}
