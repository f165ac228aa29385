/**
 * Thread that looks at pictures and prepares avatars, so that neither a second of arithmetic nor a damaged file
 * touches the sessions beside it. Started by avatar-builder.ts; loads head model and tracker of its own at the first
 * request. An error other than a LokiError ends the thread.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { LokiError } from '../../errors.ts';
import { buildAvatar } from '../avatar.ts';
import { loadRig } from '../session.ts';
import { lowerThreadPriority } from '../thread-priority.ts';
import { createFaceTracker } from '../track/face-tracker.ts';
import { avatarKey } from './avatar-key.ts';
import { AvatarStore } from './avatar-store.ts';
import type { AvatarThreadData, AvatarThreadReply, AvatarThreadRequest } from './avatar-thread-messages.ts';
import { checkPortrait, portraitRefusal } from './check-portrait.ts';

const NICE = 5;

const port = parentPort!;
const { headPath, avatarFolder, basis } = workerData as AvatarThreadData;

lowerThreadPriority(NICE);
const store = new AvatarStore({ folder: avatarFolder });
const tools = Promise.all([loadRig(headPath ?? undefined), createFaceTracker()]);
// Reported by the request that waits for it.
tools.catch(() => undefined);

let previous: Promise<void> = Promise.resolve();
let ended = false;
port.on('message', (request: AvatarThreadRequest) => {
  if (request.kind === 'end') {
    ended = true;
    // Nothing else holds the thread; what waits for the tracker is refused.
    void tools.then(
      ([, tracker]) => tracker.close(),
      () => undefined,
    );
    port.close();
    return;
  }
  previous = previous.then(() => (ended ? undefined : answer(request)));
});

type Work = Exclude<AvatarThreadRequest, { kind: 'end' }>;

async function answer(request: Work): Promise<void> {
  const { id } = request;
  try {
    reply(await handle(request));
  } catch (error) {
    if (!(error instanceof LokiError)) throw error;
    reply({ kind: 'refused', id, ...portraitRefusal(error) });
  }
}

async function handle(request: Work): Promise<AvatarThreadReply> {
  const [rig, tracker] = await tools;
  const { id, path } = request;
  if (request.kind === 'check') return { kind: 'checked', id, check: await checkPortrait(path, tracker) };
  const key = await avatarKey(path, request.sizePx, basis);
  // Another request, or another process, may have made it meanwhile.
  if (!(await store.has(key))) {
    const avatar = await buildAvatar(rig, tracker, path, { size: request.sizePx });
    await store.write(key, avatar, rig);
  }
  return { kind: 'prepared', id };
}

function reply(message: AvatarThreadReply): void {
  port.postMessage(message);
}
