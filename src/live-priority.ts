import { readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** As sound servers have it: PipeWire's is -11. */
const LIVE_NICE = -10;
/** sched(7), "The autogroup feature": of what runs in one session, against other sessions. */
const AUTOGROUP = '/proc/self/autogroup';

/**
 * Has this process, and all that it starts from now on, go before ordinary programs: frames that wait for a core are late. A nice
 * value alone only counts within a login session or a terminal; where the kernel shares the cores out among those first, this
 * one gets the same priority until the process ends. Who may not do that (most users), or has given the process a priority of
 * their own, keeps what there is.
 */
export function claimLivePriority(): void {
  if (process.platform !== 'linux' || getPriority() !== 0) return;
  try {
    setPriority(LIVE_NICE);
    if (!readFileSync(AUTOGROUP, 'utf8').endsWith('nice 0\n')) return;
    writeFileSync(AUTOGROUP, String(LIVE_NICE));
    // The terminal stays when the server is gone.
    process.on('exit', () => writeFileSync(AUTOGROUP, '0'));
  } catch {
    // Without CAP_SYS_NICE, or without autogroups: then as everybody else.
  }
}
