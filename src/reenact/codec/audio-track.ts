import { AV_CODEC_ID_AAC, AV_CODEC_ID_MP3, AV_DISPOSITION_DEFAULT } from 'node-av/constants';
import { type FormatContext, Packet, type Stream } from 'node-av/lib';
import { type AudioPackets, CopiedAudio } from './audio-packets.ts';
import { TranscodedAudio } from './audio-transcoder.ts';
import { must, stampMs } from './ffmpeg.ts';
import { MediaFile } from './media-file.ts';

/** What every player of MP4 understands; other sound becomes AAC. */
const COPIED_CODECS: ReadonlySet<number> = new Set([AV_CODEC_ID_AAC, AV_CODEC_ID_MP3]);

/**
 * Carries the sound of one file into another. Times stay those of the source, counted from its
 * `MediaFile.startMs`, which is also the zero of the pictures' `ptsMs`: a sound that starts late still does.
 */
export class AudioTrack {
  readonly #file: MediaFile;
  readonly #packets: AudioPackets;
  readonly #packet = new Packet();
  readonly #stream: Stream;
  /** A packet has been read and waits for its time. */
  #waiting = false;
  #ended = false;

  private constructor(file: MediaFile, packets: AudioPackets, output: FormatContext) {
    this.#file = file;
    this.#packets = packets;
    this.#packet.alloc();
    this.#stream = output.newStream(null);
    packets.describe(this.#stream);
    this.#stream.disposition = AV_DISPOSITION_DEFAULT;
  }

  /**
   * Opens the best audio stream of `path` and declares it in `output`, before the header is written. Null where
   * there is none. @throws Error where it cannot be decoded
   */
  static async open(path: string, output: FormatContext): Promise<AudioTrack | null> {
    const file = await MediaFile.open(path);
    try {
      const input = file.audio;
      if (input !== null) {
        const packets = COPIED_CODECS.has(input.codecpar.codecId)
          ? new CopiedAudio(file, input)
          : await TranscodedAudio.open(file, input);
        return new AudioTrack(file, packets, output);
      }
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
    return null;
  }

  get kind(): AudioPackets['kind'] {
    return this.#packets.kind;
  }

  /** Writes every packet that begins before `untilMs`. */
  async writeUntil(output: FormatContext, untilMs: number): Promise<void> {
    const { timeBase } = this.#packets;
    const zero = BigInt(Math.round((this.#file.startMs * timeBase.den) / (1000 * timeBase.num)));
    while (!this.#ended) {
      if (!this.#waiting) {
        this.#waiting = await this.#packets.next(this.#packet);
        this.#ended = !this.#waiting;
        continue;
      }
      if (stampMs(this.#packet.pts - zero, timeBase) >= untilMs) return;
      this.#packet.pts -= zero;
      this.#packet.dts -= zero;
      this.#packet.rescaleTs(timeBase, this.#stream.timeBase);
      this.#packet.streamIndex = this.#stream.index;
      this.#packet.pos = -1n;
      this.#waiting = false;
      must(output.interleavedWriteFrameSync(this.#packet), 'write sound');
    }
  }

  async close(): Promise<void> {
    this.#packet.free();
    this.#packets.close();
    await this.#file.close();
  }
}
