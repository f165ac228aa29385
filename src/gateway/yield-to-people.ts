import type { SessionSpec } from '../contract/live-session.ts';
import { LokiError } from '../errors.ts';
import type { SupervisedReenactment } from '../reenact/runtime/supervisor.ts';

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
  const open = async (spec: SessionSpec) => {
    try {
      return await reenactment.open(spec);
    } catch (error) {
      const busy = error instanceof LokiError && error.code === 'SERVER_BUSY';
      if (!busy || !(await makeWay())) throw error;
      return reenactment.open(spec);
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
