import { AV_NOPTS_VALUE } from 'node-av/constants';
import type { Packet, Rational, Stream } from 'node-av/lib';
import { FfmpegCallError, must } from './ffmpeg.ts';
import type { MediaFile } from './media-file.ts';

/** Compressed sound, packet by packet, as it goes into an MP4 file. Stamps are the source's own. */
export interface AudioPackets {
  readonly kind: 'copied' | 'transcoded';
  /** Of the packets' stamps. */
  readonly timeBase: Rational;
  /** Sets codec and parameters of the stream that the packets will go into. */
  describe(stream: Stream): void;
  /** Fills `packet` with the next one; false at the end. */
  next(packet: Packet): Promise<boolean>;
  close(): void;
}

/** The packets of the file's audio stream as they are. */
export class CopiedAudio implements AudioPackets {
  readonly kind = 'copied';
  readonly timeBase: Rational;
  readonly #file: MediaFile;
  readonly #input: Stream;

  constructor(file: MediaFile, input: Stream) {
    this.#file = file;
    this.#input = input;
    this.timeBase = input.timeBase;
  }

  describe(stream: Stream): void {
    must(this.#input.codecpar.copy(stream.codecpar), 'copy audio parameters');
    // The tag is the source container's own name for the codec.
    stream.codecpar.codecTag = 0;
    stream.timeBase = this.timeBase;
  }

  async next(packet: Packet): Promise<boolean> {
    while (readSound(this.#file, packet)) {
      if (packet.streamIndex === this.#input.index) {
        if (packet.dts === AV_NOPTS_VALUE) packet.dts = packet.pts;
        if (packet.pts === AV_NOPTS_VALUE) packet.pts = packet.dts;
        if (packet.pts !== AV_NOPTS_VALUE) return true;
      }
      packet.unref();
    }
    return false;
  }

  close(): void {}
}

/** As `MediaFile.read`, but a file that breaks off only ends: the picture's own reading reports it. */
export function readSound(file: MediaFile, packet: Packet): boolean {
  try {
    return file.read(packet);
  } catch (error) {
    if (error instanceof FfmpegCallError) return false;
    throw error;
  }
}
