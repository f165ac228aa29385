import { type Avatar, buildAvatar } from '../reenact/avatar.ts';
import type { OpenReenactor } from './animate-job.ts';
import { openReenactor } from './open-reenactor.ts';

/** `openReenactor` for jobs one after the other: each avatar is built for the first of them and kept for the others. */
export function reenactorsOfKeptAvatars(): OpenReenactor {
  const kept = new Map<string, Promise<Avatar>>();
  return (job, source, signal) =>
    openReenactor(job, source, signal, (rig, tracker, path, options) => {
      const name = JSON.stringify([path, options]);
      const avatar = kept.get(name) ?? buildAvatar(rig, tracker, path, options);
      kept.set(name, avatar);
      return avatar;
    });
}
