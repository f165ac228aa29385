import { randomInt } from 'node:crypto';
import { BUILTIN_DRIVER_PATH } from '../builtin-media.ts';
import type { RtpAddress } from '../contract/live-session.ts';
import { playFileInProcess } from '../reenact/live/play-file-process.ts';
import type { RtpDriver } from '../sfu/sfu.ts';
import type { ClipPlayer } from './demo-room.ts';

const VIDEO = { codec: 'VP8', payloadType: 96, ssrc: randomSsrc() } as const;
const AUDIO = { payloadType: 111, ssrc: randomSsrc() } as const;

/** What the built-in driver sends. */
export const BUILTIN_DRIVER_STREAMS: Pick<RtpDriver, 'video' | 'audio'> = { video: VIDEO, audio: AUDIO };

/** Plays the built-in driver's clip over and over, in a process of its own. @throws LokiError of the player */
export function playBuiltinDriver(to: RtpAddress): Promise<ClipPlayer> {
  return playFileInProcess({
    path: BUILTIN_DRIVER_PATH,
    to,
    streams: {
      video: { kind: 'video', ...VIDEO, clockRateHz: 90_000, extensions: {} },
      audio: { kind: 'audio', codec: 'opus', ...AUDIO, clockRateHz: 48_000, extensions: {} },
      cname: 'builtin-driver',
    },
  });
}

function randomSsrc(): number {
  return randomInt(1, 2 ** 31);
}
