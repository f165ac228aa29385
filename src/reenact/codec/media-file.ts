import { basename } from 'node:path';
import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_NOPTS_VALUE,
  AVERROR_EINVAL,
  AVERROR_EOF,
  AVERROR_INVALIDDATA,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { Dictionary, FormatContext, type Packet, type Rational, type Stream } from 'node-av/lib';
import { LokiError } from '../../errors.ts';
import { describe, FfmpegCallError, stampMs } from './ffmpeg.ts';
import { checkInputFile } from './input-file.ts';

/**
 * Containers that are read. Closed on purpose: playlists and image sequences would open further files, and
 * FFmpeg's text-mode demuxers take any text file for a film.
 */
const CONTAINERS =
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,gif,yuv4mpegpipe,mxf,h264,hevc,mp3,wav,aac,flac';

/** A media file, opened and probed. */
export class MediaFile {
  readonly path: string;
  readonly format: FormatContext;
  readonly streams: readonly Stream[];
  /** Null where the file has none; a cover picture does not count. */
  readonly video: Stream | null;
  readonly audio: Stream | null;
  /** Earliest first stamp of picture and sound: the zero of `ptsMs`. */
  readonly startMs: number;

  private constructor(path: string, format: FormatContext) {
    this.path = path;
    this.format = format;
    this.streams = format.streams;
    const best = (type: number): Stream | null => {
      const index = format.findBestStream(type as Parameters<FormatContext['findBestStream']>[0]);
      return index >= 0 ? this.streams[index] : null;
    };
    const video = best(AVMEDIA_TYPE_VIDEO);
    this.video = video !== null && (video.disposition & AV_DISPOSITION_ATTACHED_PIC) === 0 ? video : null;
    this.audio = best(AVMEDIA_TYPE_AUDIO);
    const starts = [this.video, this.audio]
      .filter((stream) => stream !== null)
      .map((stream) => stampMs(stream.startTime, stream.timeBase))
      .filter((ms) => !Number.isNaN(ms));
    this.startMs = starts.length > 0 ? Math.min(...starts) : 0;
  }

  /** @throws LokiError INPUT_NOT_FOUND, INPUT_UNREADABLE */
  static async open(path: string): Promise<MediaFile> {
    await checkInputFile(path, 'a video');
    const format = new FormatContext();
    // `file:` keeps a name such as `concat:a` from being taken for a protocol.
    const options = Dictionary.fromObject({
      protocol_whitelist: 'file',
      format_whitelist: CONTAINERS,
      // Stamps for the containers that store only an order of decoding.
      fflags: '+genpts',
    });
    const opened = await format.openInput(`file:${path}`, null, options);
    options.free();
    if (opened < 0) throw unreadable(path, opened);
    try {
      const probed = await format.findStreamInfo();
      if (probed < 0) throw unreadable(path, probed);
      return new MediaFile(path, format);
    } catch (error) {
      await format.closeInput();
      throw error;
    }
  }

  /** Reads the next packet of any stream; false at the end. @throws FfmpegCallError when the file ends early */
  read(packet: Packet): boolean {
    // Not through libuv's pool: a read costs less than the two thread switches would.
    const code = this.format.readFrameSync(packet);
    if (code === AVERROR_EOF) return false;
    if (code < 0) throw new FfmpegCallError('read', code);
    return true;
  }

  async close(): Promise<void> {
    await this.format.closeInput();
  }
}

/** End of a packet in milliseconds of its own stream; NaN without a stamp. */
export function packetEndMs(packet: Packet, timeBase: Rational): number {
  return packetStartMs(packet, timeBase) + stampMs(packet.duration, timeBase);
}

/** When a packet is shown, or decoded where only that is known; milliseconds of its own stream, NaN without a stamp. */
export function packetStartMs(packet: Packet, timeBase: Rational): number {
  return stampMs(packet.pts === AV_NOPTS_VALUE ? packet.dts : packet.pts, timeBase);
}

function unreadable(path: string, averror: number): LokiError {
  const name = basename(path);
  const cause = new FfmpegCallError('open', averror);
  // A demuxer outside the list is an invalid argument; invalid data is what both a text file and an MP4 without its
  // index come to.
  if (averror === AVERROR_EINVAL) {
    return new LokiError('INPUT_UNREADABLE', `${name} is not a video (MP4, MOV, WebM, MKV, AVI or MPEG).`, {
      cause,
    });
  }
  if (averror === AVERROR_INVALIDDATA) {
    return new LokiError('INPUT_UNREADABLE', `${name} is not a video, or it is cut short.`, { cause });
  }
  return new LokiError('INPUT_UNREADABLE', `${name} cannot be read as a video: ${describe(averror)}.`, {
    cause,
  });
}
