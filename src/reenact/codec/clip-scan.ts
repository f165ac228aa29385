import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AV_NOPTS_VALUE, AV_PKT_FLAG_CORRUPT, AV_PKT_FLAG_DISCARD } from 'node-av/constants';
import { Packet } from 'node-av/lib';
import { LokiError } from '../../errors.ts';
import { FfmpegCallError, stampMs } from './ffmpeg.ts';
import { MediaFile, packetEndMs, packetStartMs } from './media-file.ts';

/** What the packets of a clip say, without decoding any. */
export interface ClipScan {
  /** Stamps of the frames that will be shown, milliseconds of the video stream, ascending; NaN free. */
  readonly stampsMs: Float64Array;
  /** `[packets]` group of pictures that each video packet belongs to, in the order of the file. */
  readonly groupOfPacket: Uint32Array;
  /** `[groups + 1]` earliest stamp of each group, milliseconds; the last entry is infinite. */
  readonly groupStartMs: Float64Array;
  /** False where the container has no stamps at all: frames are then only counted. */
  readonly stamped: boolean;
  readonly frameCount: number;
  readonly endMs: number;
}

/** What a header may claim beyond the last packet before the file counts as cut short. */
const SLACK_MS = 1000;
const SLACK_RATIO = 0.05;
/** Between two chances for timers and signals. */
const PACKETS_AT_ONCE = 512;

/**
 * Reads every packet once: the true number of frames, their stamps, where decoding can start, and whether the
 * file holds all that its header promises.
 * @throws LokiError INPUT_UNREADABLE for a clip that is cut short or has no frame
 */
export async function scanClip(path: string): Promise<ClipScan> {
  const file = await MediaFile.open(path);
  const packet = new Packet();
  packet.alloc();
  try {
    return await scan(file, packet);
  } finally {
    packet.free();
    await file.close();
  }
}

async function scan(file: MediaFile, packet: Packet): Promise<ClipScan> {
  const videoIndex = file.video!.index;
  const name = basename(file.path);
  const cutShort = (cause?: unknown): LokiError =>
    new LokiError('INPUT_UNREADABLE', `${name} is cut short: it ends before the length that it declares.`, {
      cause,
    });

  const stamps: number[] = [];
  const groups: number[] = [];
  const groupStarts: number[] = [];
  let stamped = true;
  let lastCorrupt = false;
  const timeBases = file.streams.map((stream) => stream.timeBase);
  let videoEndMs = Number.NEGATIVE_INFINITY;
  let anyEndMs = Number.NEGATIVE_INFINITY;
  try {
    for (let read = 1; file.read(packet); read++) {
      if (read % PACKETS_AT_ONCE === 0) await setImmediate();
      const timeBase = timeBases[packet.streamIndex];
      const endMs = packetEndMs(packet, timeBase);
      if (endMs > anyEndMs) anyEndMs = endMs;
      if (packet.streamIndex === videoIndex) {
        const ms = packetStartMs(packet, timeBase);
        if (packet.isKeyframe || groupStarts.length === 0) groupStarts.push(Number.POSITIVE_INFINITY);
        const group = groupStarts.length - 1;
        groups.push(group);
        lastCorrupt = (packet.flags & AV_PKT_FLAG_CORRUPT) !== 0;
        if ((packet.flags & AV_PKT_FLAG_DISCARD) === 0) {
          if (Number.isNaN(ms)) stamped = false;
          else groupStarts[group] = Math.min(groupStarts[group], ms);
          stamps.push(ms);
          if (endMs > videoEndMs) videoEndMs = endMs;
        }
      }
      packet.unref();
    }
  } catch (error) {
    if (error instanceof FfmpegCallError) throw cutShort(error);
    throw error;
  }

  if (stamps.length === 0) throw new LokiError('INPUT_UNREADABLE', `${name} holds no picture.`);
  if (lastCorrupt || endsEarly(file, videoEndMs, anyEndMs)) throw cutShort();
  const stampsMs = stamped ? Float64Array.from(stamps).sort() : new Float64Array(0);
  return {
    stampsMs,
    groupOfPacket: Uint32Array.from(groups),
    groupStartMs: Float64Array.from([...groupStarts, Number.POSITIVE_INFINITY]),
    stamped,
    frameCount: stamps.length,
    endMs: stamped ? videoEndMs : Number.NaN,
  };
}

function endsEarly(file: MediaFile, videoEndMs: number, anyEndMs: number): boolean {
  const video = file.video!;
  const declaredMs = stampMs(video.duration, video.timeBase);
  if (declaredMs > 0) {
    const startMs = stampMs(video.startTime, video.timeBase) || 0;
    return declaredMs - (videoEndMs - startMs) > Math.max(SLACK_MS, declaredMs * SLACK_RATIO);
  }
  // Only the whole file's length is declared, and any of its streams may be the longest one.
  const fileMs = Number(file.format.duration) / 1000;
  const fileStartMs = Number(file.format.startTime) / 1000;
  if (!(fileMs > 0) || file.format.startTime === AV_NOPTS_VALUE) return false;
  return fileMs - (anyEndMs - fileStartMs) > Math.max(SLACK_MS, fileMs * SLACK_RATIO);
}
