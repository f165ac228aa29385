import {
  AV_BUFFERSRC_FLAG_PUSH,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_FLTP,
  AVERROR_EOF,
  type AVSampleFormat,
  FF_ENCODER_AAC,
  FF_ENCODER_LIBOPUS,
  type FFAudioEncoder,
} from 'node-av/constants';
import {
  avChannelLayoutDefault,
  avChannelLayoutDescribe,
  avGetSampleFmtName,
  Codec,
  CodecContext,
  type FilterContext,
  FilterGraph,
  Frame,
  type Packet,
  Rational,
  type Stream,
} from 'node-av/lib';
import { type AudioPackets, readSound } from './audio-packets.ts';
import { must } from './ffmpeg.ts';
import { createFilter } from './frame-converter.ts';
import type { MediaFile } from './media-file.ts';

const SAMPLE_RATE_HZ = 48_000;

/** What sound is made into. */
export interface AudioTarget {
  readonly encoder: FFAudioEncoder;
  readonly sampleFormat: AVSampleFormat;
  readonly bitsPerSecondAChannel: bigint;
}

export const AAC_TARGET: AudioTarget = {
  encoder: FF_ENCODER_AAC,
  sampleFormat: AV_SAMPLE_FMT_FLTP,
  bitsPerSecondAChannel: 80_000n,
};

/** Packets of 20 ms, as browsers send them. */
export const OPUS_TARGET: AudioTarget = {
  encoder: FF_ENCODER_LIBOPUS,
  sampleFormat: AV_SAMPLE_FMT_FLT,
  bitsPerSecondAChannel: 32_000n,
};

/** The file's audio stream, 48 kHz, mono or stereo. Gaps of the source become silence, so it stays in time. */
export class TranscodedAudio implements AudioPackets {
  readonly kind = 'transcoded';
  readonly timeBase = new Rational(1, SAMPLE_RATE_HZ);
  readonly #file: MediaFile;
  readonly #input: Stream;
  readonly #decoder: CodecContext;
  readonly #encoder: CodecContext;
  readonly #channels: number;
  readonly #frame = new Frame();
  // Built from the first decoded frame: headers are wrong about the sample format often enough.
  #graph: FilterGraph | null = null;
  #source: FilterContext | null = null;
  #sink: FilterContext | null = null;

  private constructor(
    file: MediaFile,
    input: Stream,
    decoder: CodecContext,
    encoder: CodecContext,
    channels: number,
  ) {
    this.#file = file;
    this.#input = input;
    this.#decoder = decoder;
    this.#encoder = encoder;
    this.#channels = channels;
    this.#frame.alloc();
  }

  /** @throws FfmpegCallError */
  static async open(
    file: MediaFile,
    input: Stream,
    target: AudioTarget = AAC_TARGET,
  ): Promise<TranscodedAudio> {
    const { codecpar } = input;
    const codec = Codec.findDecoder(codecpar.codecId);
    if (codec === null) throw new Error('no decoder for the sound');
    const decoder = new CodecContext();
    decoder.allocContext3(codec);
    must(decoder.parametersToContext(codecpar), 'copy audio parameters');
    decoder.pktTimebase = input.timeBase;
    must(await decoder.open2(codec, null), 'open audio decoder');

    const channels = codecpar.channels === 1 ? 1 : 2;
    const wanted = Codec.findEncoderByName(target.encoder)!;
    const encoder = new CodecContext();
    encoder.allocContext3(wanted);
    encoder.sampleRate = SAMPLE_RATE_HZ;
    encoder.sampleFormat = target.sampleFormat;
    encoder.channelLayout = avChannelLayoutDefault(channels);
    encoder.bitRate = target.bitsPerSecondAChannel * BigInt(channels);
    encoder.timeBase = new Rational(1, SAMPLE_RATE_HZ);
    encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    must(await encoder.open2(wanted, null), 'open audio encoder');
    return new TranscodedAudio(file, input, decoder, encoder, channels);
  }

  describe(stream: Stream): void {
    must(stream.codecpar.fromContext(this.#encoder), 'copy audio parameters');
    stream.timeBase = this.timeBase;
  }

  async next(packet: Packet): Promise<boolean> {
    // Pulls from the far end: each part is asked for output, and only one that has none is given input.
    for (;;) {
      const encoded = await this.#encoder.receivePacket(packet);
      if (encoded >= 0) return true;
      if (encoded === AVERROR_EOF) return false;

      const filtered = this.#sink === null ? -1 : await this.#sink.buffersinkGetFrame(this.#frame);
      if (filtered >= 0 || filtered === AVERROR_EOF) {
        await this.#encoder.sendFrame(filtered >= 0 ? this.#frame : null);
        this.#frame.unref();
        continue;
      }

      const decoded = await this.#decoder.receiveFrame(this.#frame);
      if (decoded >= 0) {
        if (this.#source === null) await this.#buildGraph(this.#frame);
        must(await this.#source!.buffersrcAddFrame(this.#frame, AV_BUFFERSRC_FLAG_PUSH), 'resample');
        this.#frame.unref();
        continue;
      }
      if (decoded === AVERROR_EOF) {
        if (this.#source === null) await this.#encoder.sendFrame(null);
        else await this.#source.buffersrcAddFrame(null, AV_BUFFERSRC_FLAG_PUSH);
        continue;
      }

      await this.#feedDecoder(packet);
    }
  }

  close(): void {
    this.#graph?.free();
    this.#frame.free();
    this.#decoder.freeContext();
    this.#encoder.freeContext();
  }

  async #feedDecoder(packet: Packet): Promise<void> {
    let more = true;
    do more = readSound(this.#file, packet);
    while (more && packet.streamIndex !== this.#input.index);
    // A damaged packet is a gap, which the resampler fills.
    await this.#decoder.sendPacket(more ? packet : null);
    packet.unref();
  }

  async #buildGraph(first: Frame): Promise<void> {
    const { num, den } = this.#input.timeBase;
    const graph = new FilterGraph();
    graph.alloc();
    const layout = avChannelLayoutDescribe(
      first.channelLayout.nbChannels > 0 ? first.channelLayout : avChannelLayoutDefault(first.channels),
    );
    const steps = [
      {
        name: 'abuffer',
        args:
          `sample_rate=${first.sampleRate}:sample_fmt=${avGetSampleFmtName(first.format as AVSampleFormat)}` +
          `:channel_layout=${layout}:time_base=${num}/${den}`,
      },
      { name: 'aresample', args: `${SAMPLE_RATE_HZ}:async=1` },
      {
        name: 'aformat',
        args: `sample_fmts=${avGetSampleFmtName(this.#encoder.sampleFormat)}:sample_rates=${SAMPLE_RATE_HZ}:channel_layouts=${this.#channels === 1 ? 'mono' : 'stereo'}`,
      },
      { name: 'asetnsamples', args: `n=${this.#encoder.frameSize}:p=0` },
      { name: 'abuffersink', args: '' },
    ];
    const filters = steps.map((step, index) => createFilter(graph, step, `step${index}`));
    for (let i = 1; i < filters.length; i++)
      must(filters[i - 1].link(0, filters[i], 0), 'link audio filters');
    must(await graph.config(), 'configure audio filters');
    this.#graph = graph;
    this.#source = filters[0];
    this.#sink = filters[filters.length - 1];
  }
}
