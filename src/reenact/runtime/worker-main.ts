/**
 * A reenactment process: loads head model and tracker once and hosts live sessions. The supervisor starts it, tells
 * it what to do and is told what happens; packets come and go by UDP, past the supervisor. It ends with its parent.
 */
import { IpcOutbox } from './ipc-outbox.ts';
import { type FromWorker, toWorker } from './messages.ts';
import { WorkerHost } from './worker-host.ts';

const outbox = new IpcOutbox<FromWorker>(process);
const host = new WorkerHost(outbox);

process.on('message', (raw) => {
  const parsed = toWorker.safeParse(raw);
  // Only the supervisor of the same version speaks to this process: anything else is a bug, and ends it.
  if (!parsed.success) throw parsed.error;
  if (parsed.data.kind === 'shutdown') void host.close().finally(() => process.exit(0));
  else void host.handle(parsed.data);
});
// Nothing is left to be saved, and an orderly exit would wait for the threads.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// A terminal's Ctrl-C and a service manager's stop reach every process; what to do about it is the parent's decision.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
