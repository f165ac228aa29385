import { stat } from 'node:fs/promises';
import { getSystemErrorName } from 'node:util';
import { AVERROR_ENOSPC } from 'node-av/constants';
import { Dictionary, FormatContext, type Packet, type Stream } from 'node-av/lib';
import { LokiError } from '../../errors.ts';
import type { VideoFrame } from '../frame.ts';
import { AudioTrack } from './audio-track.ts';
import { FfmpegCallError, must } from './ffmpeg.ts';
import { outputError, PartFile } from './part-file.ts';
import { PROVENANCE_COMMENT, type VideoWriter, type VideoWriterOptions, type WrittenVideo } from './types.ts';
import { VideoEncoder } from './video-encoder.ts';

/**
 * Begins an MP4 file at `path`.
 * @throws LokiError OUTPUT_NOT_WRITABLE, DISK_FULL, INTERNAL
 */
export async function createVideoWriter(path: string, options: VideoWriterOptions): Promise<VideoWriter> {
  const part = await PartFile.create(path);
  const format = new FormatContext();
  let encoder: VideoEncoder | null = null;
  let audio: AudioTrack | null = null;
  try {
    must(format.allocOutputContext2(null, 'mp4', `file:${part.path}`), 'open MP4');
    encoder = await VideoEncoder.open({
      width: options.width,
      height: options.height,
      fps: options.fps,
      crf: options.crf ?? 18,
      preset: options.preset ?? 'veryfast',
    });
    const stream = format.newStream(null);
    encoder.describe(stream);
    audio = await openAudio(format, options);
    setTags(format, options.description);
    must(await format.openOutput(), 'open output');
    const header = Dictionary.fromObject({ movflags: '+faststart' });
    must(await format.writeHeader(header), 'write header');
    header.free();
    return new Mp4Writer(part, format, stream, encoder, audio, options);
  } catch (error) {
    encoder?.close();
    await audio?.close();
    await format.closeOutput();
    format.freeContext();
    await part.discard();
    throw writeError(path, error);
  }
}

class Mp4Writer implements VideoWriter {
  readonly path: string;
  readonly #part: PartFile;
  readonly #format: FormatContext;
  readonly #stream: Stream;
  readonly #encoder: VideoEncoder;
  readonly #audio: AudioTrack | null;
  readonly #onEncoded: ((elapsedMs: number) => void) | undefined;
  /** Settles when every frame taken so far is encoded. */
  #encoded: Promise<void> = Promise.resolve();
  #frames = 0;
  #endMs = 0;
  #closed = false;

  constructor(
    part: PartFile,
    format: FormatContext,
    stream: Stream,
    encoder: VideoEncoder,
    audio: AudioTrack | null,
    options: VideoWriterOptions,
  ) {
    this.path = part.target;
    this.#part = part;
    this.#format = format;
    this.#stream = stream;
    this.#encoder = encoder;
    this.#audio = audio;
    this.#onEncoded = options.onEncoded;
  }

  write(frame: VideoFrame): Promise<void> {
    if (this.#closed) return Promise.reject(new LokiError('CANCELLED', 'The video is closed.'));
    const previous = this.#encoded;
    try {
      const loaded = this.#encoder.load(frame);
      this.#encoded = previous.then(
        () => this.#encode(loaded, frame.ptsMs),
        (error: unknown) => {
          this.#encoder.unload(loaded);
          throw error;
        },
      );
    } catch (error) {
      return Promise.reject(writeError(this.path, error));
    }
    // The next call reports a failure; until then nobody listens.
    this.#encoded.catch(() => {});
    return previous;
  }

  async finish(): Promise<WrittenVideo> {
    if (this.#closed) throw new LokiError('CANCELLED', 'The video is closed.');
    try {
      await this.#encoded;
      for await (const packet of this.#encoder.flush()) await this.#mux(packet);
      await this.#audio?.writeUntil(this.#format, this.#endMs);
      must(await this.#format.writeTrailer(), 'write index');
    } catch (error) {
      await this.abort();
      throw writeError(this.path, error);
    }
    await this.#release();
    const { size } = await stat(this.#part.path);
    await this.#part.commit();
    return { path: this.path, frames: this.#frames, bytes: size, audio: this.#audio?.kind ?? 'none' };
  }

  async abort(): Promise<void> {
    if (this.#closed) return;
    await this.#release();
    await this.#part.discard();
  }

  async #encode(loaded: ReturnType<VideoEncoder['load']>, ptsMs: number): Promise<void> {
    const beganMs = performance.now();
    try {
      for await (const packet of this.#encoder.encode(loaded, ptsMs)) await this.#mux(packet);
    } catch (error) {
      throw writeError(this.path, error);
    }
    this.#frames++;
    this.#endMs = ptsMs + (Number(this.#encoder.frameTicks) * 1000) / this.#encoder.timeBase.den;
    this.#onEncoded?.(performance.now() - beganMs);
  }

  async #mux(packet: Packet): Promise<void> {
    const { timeBase, frameTicks } = this.#encoder;
    // Sound goes in front of the picture that it belongs to, so that a player never has to seek for it.
    await this.#audio?.writeUntil(this.#format, (Number(packet.pts) * 1000) / timeBase.den);
    // The muxer takes durations from the stamps and needs this only for the last frame.
    packet.duration = frameTicks;
    packet.rescaleTs(timeBase, this.#stream.timeBase);
    packet.streamIndex = this.#stream.index;
    must(this.#format.interleavedWriteFrameSync(packet), 'write picture');
  }

  async #release(): Promise<void> {
    this.#closed = true;
    // Native memory must not go while a call into FFmpeg still uses it.
    await this.#encoded.catch(() => {});
    this.#encoder.close();
    await this.#audio?.close();
    await this.#format.closeOutput();
    this.#format.freeContext();
  }
}

async function openAudio(format: FormatContext, options: VideoWriterOptions): Promise<AudioTrack | null> {
  if (options.audioFrom == null) return null;
  try {
    return await AudioTrack.open(options.audioFrom, format);
  } catch {
    options.onWarning?.('The sound of the driver could not be decoded; the video is silent.');
    return null;
  }
}

function setTags(format: FormatContext, description: string | undefined): void {
  const tags = Dictionary.fromObject({
    comment: PROVENANCE_COMMENT,
    description: description === undefined ? PROVENANCE_COMMENT : `${description}; ${PROVENANCE_COMMENT}`,
  });
  format.metadata = tags;
  tags.free();
}

function writeError(path: string, error: unknown): LokiError {
  if (error instanceof LokiError) return error;
  if (error instanceof FfmpegCallError)
    return outputError(path, Object.assign(error, { code: errnoName(error) }));
  return new LokiError('INTERNAL', 'The video could not be encoded.', { cause: error });
}

function errnoName(error: FfmpegCallError): string {
  if (error.averror === AVERROR_ENOSPC) return 'ENOSPC';
  try {
    return getSystemErrorName(error.averror);
  } catch {
    return error.message;
  }
}
