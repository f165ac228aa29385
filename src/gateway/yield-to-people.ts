import { setTimeout as sleep } from 'node:timers/promises';
import type { RtpAddress } from '../contract/live-session.ts';
import { LokiError } from '../errors.ts';
import type { SupervisedReenactment } from '../reenact/runtime/supervisor.ts';

/** What made way takes this long, at most, to be gone. */
const FREED_WITHIN_MS = 4_000;
const ASK_EVERY_MS = 100;

/**
 * The same reenactment, but where it has no room for a session, somebody is asked to make way before the session is
 * refused.
 *
 * @param makeWay resolves with whether that freed anything
 */
export function yieldToPeople(
  reenactment: SupervisedReenactment,
  makeWay: () => Promise<boolean>,
): SupervisedReenactment {
  const open: SupervisedReenactment['open'] = async (spec) => {
    const first = await attempt(() => reenactment.open(spec));
    if (!(first instanceof LokiError)) return first;
    if (!(await makeWay())) throw first;
    const untilMs = performance.now() + FREED_WITHIN_MS;
    for (;;) {
      const next = await attempt(() => reenactment.open(spec));
      if (!(next instanceof LokiError)) return next;
      if (performance.now() > untilMs) throw next;
      await sleep(ASK_EVERY_MS);
    }
  };
  return new Proxy(reenactment, {
    get(target, name) {
      if (name === 'open') return open;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** What came of it, or that the server is busy; throws any other refusal. */
async function attempt(open: () => Promise<RtpAddress>): Promise<RtpAddress | LokiError> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof LokiError && error.code === 'SERVER_BUSY') return error;
    throw error;
  }
}
