import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUVJ420P,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_SAMPLE_FMT_FLTP,
  AV_SAMPLE_FMT_S16,
  type AVColorSpace,
  FF_ENCODER_AAC,
  FF_ENCODER_LIBOPUS,
  FF_ENCODER_LIBX264,
  FF_ENCODER_MJPEG,
  FF_ENCODER_PCM_S16LE,
} from 'node-av/constants';
import {
  avChannelLayoutDefault,
  Codec,
  CodecContext,
  FormatContext,
  Frame,
  Packet,
  Rational,
  type Stream,
} from 'node-av/lib';
import { must } from './ffmpeg.ts';
import { FrameConverter, filterStep } from './frame-converter.ts';
import { RgbaFrame } from './rgba-frame.ts';

const TICKS = 90_000;
const SAMPLE_RATE_HZ = 48_000;

/** A clip to be made for a test. */
export interface TestClip {
  /** FFmpeg's name; default `mp4`. */
  readonly container?: 'mp4' | 'matroska' | 'webm' | 'avi' | 'mpegts';
  readonly width?: number;
  readonly height?: number;
  /** When each frame is shown; none makes a clip of sound only. Default 25 at 25 fps. */
  readonly stampsMs?: readonly number[];
  /** Fills `[height, width, 4]` of frame `index`. Default: a grey ramp that moves. */
  readonly paint?: (rgba: Buffer, index: number, width: number, height: number) => void;
  readonly videoCodec?: 'h264' | 'mjpeg';
  readonly gop?: number;
  /** Matrix of the stored YUV, and whether it is written down. Default: what an untagged clip has. */
  readonly colourSpace?: AVColorSpace;
  /** `[a b u; c d v; x y w]`, 16.16, as in FFmpeg. */
  readonly displayMatrix?: readonly number[];
  /** Width of a pixel over its height. */
  readonly sampleAspect?: readonly [number, number];
  readonly audio?: TestSound;
}

export interface TestSound {
  readonly codec: 'aac' | 'opus' | 'pcm';
  readonly startMs?: number;
  readonly durationMs: number;
  /** A tone of 1 kHz sounds from here to 100 ms later, on the clip's clock; silence elsewhere. */
  readonly beepMs?: number;
}

/** Writes a clip, without the program's own writer, so that reader and writer are not tested against each other only. */
export async function makeTestClip(path: string, clip: TestClip): Promise<void> {
  const format = new FormatContext();
  must(format.allocOutputContext2(null, clip.container ?? 'mp4', `file:${path}`), 'open');
  const stamps = clip.stampsMs ?? Array.from({ length: 25 }, (_, i) => i * 40);
  const picture = stamps.length > 0 ? await openPicture(format, clip) : null;
  const sound = clip.audio === undefined ? null : await openSound(format, clip.audio);
  must(await format.openOutput(), 'open output');
  must(await format.writeHeader(null), 'write header');
  if (picture !== null) await writePictures(format, picture, clip, stamps);
  if (sound !== null && clip.audio !== undefined) await writeSound(format, sound, clip.audio);
  must(await format.writeTrailer(), 'write trailer');
  await format.closeOutput();
  picture?.context.freeContext();
  sound?.context.freeContext();
  format.freeContext();
}

/** Display matrix of a quarter turn clockwise, times `quarters`. */
export function quarterTurnMatrix(quarters: number): number[] {
  const one = 1 << 16;
  const cos = [1, 0, -1, 0][quarters] * one;
  const sin = [0, 1, 0, -1][quarters] * one;
  return [cos, sin, 0, -sin, cos, 0, 0, 0, 1 << 30];
}

interface OpenStream {
  readonly stream: Stream;
  readonly context: CodecContext;
}

async function openPicture(format: FormatContext, clip: TestClip): Promise<OpenStream> {
  const mjpeg = clip.videoCodec === 'mjpeg';
  const codec = Codec.findEncoderByName(mjpeg ? FF_ENCODER_MJPEG : FF_ENCODER_LIBX264)!;
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = clip.width ?? 64;
  context.height = clip.height ?? 48;
  context.pixelFormat = mjpeg ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, mjpeg ? 25 : TICKS);
  context.framerate = new Rational(25, 1);
  context.maxBFrames = 0;
  context.gopSize = clip.gop ?? 12;
  context.threadCount = 1;
  if (clip.colourSpace !== undefined) context.colorSpace = clip.colourSpace;
  if (clip.sampleAspect !== undefined) context.sampleAspectRatio = new Rational(...clip.sampleAspect);
  context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  if (!mjpeg) {
    context.setOption('preset', 'ultrafast');
    context.setOption('crf', '6');
  }
  must(await context.open2(codec, null), 'open encoder');
  const stream = format.newStream(null);
  must(stream.codecpar.fromContext(context), 'parameters');
  stream.timeBase = context.timeBase;
  if (clip.sampleAspect !== undefined) stream.sampleAspectRatio = new Rational(...clip.sampleAspect);
  if (clip.displayMatrix !== undefined) {
    const matrix = Buffer.from(Int32Array.from(clip.displayMatrix).buffer);
    must(stream.codecpar.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, matrix), 'display matrix');
  }
  return { stream, context };
}

async function writePictures(
  format: FormatContext,
  { stream, context }: OpenStream,
  clip: TestClip,
  stamps: readonly number[],
): Promise<void> {
  const { width, height, timeBase } = context;
  const matrix = clip.colourSpace === undefined || clip.colourSpace === 6 ? 'bt601' : 'bt709';
  const yuv = context.pixelFormat === AV_PIX_FMT_YUVJ420P ? 'yuvj420p' : 'yuv420p';
  const converter = new FrameConverter([
    filterStep(`scale=out_color_matrix=${matrix}:flags=bicubic+accurate_rnd+full_chroma_inp`),
    filterStep(`format=${yuv}`),
  ]);
  const packet = new Packet();
  packet.alloc();
  const rgba = Buffer.alloc(width * height * 4, 255);
  const drain = async (): Promise<void> => {
    while ((await context.receivePacket(packet)) >= 0) {
      // Without it a reader takes the last frame to last no time, and drops it.
      packet.duration = BigInt(Math.round(timeBase.den / timeBase.num / 25));
      packet.rescaleTs(timeBase, stream.timeBase);
      packet.streamIndex = stream.index;
      must(await format.interleavedWriteFrame(packet), 'write picture');
    }
  };
  const picture = new RgbaFrame(width, height);
  for (const [index, stampMs] of stamps.entries()) {
    (clip.paint ?? paintRamp)(rgba, index, width, height);
    picture.fill(rgba);
    const converted = await converter.convert(picture.frame, { keep: true });
    converted.pts = BigInt(Math.round((stampMs * timeBase.den) / (1000 * timeBase.num)));
    must(await context.sendFrame(converted), 'encode');
    await drain();
  }
  must(await context.sendFrame(null), 'flush');
  await drain();
  packet.free();
  picture.free();
  converter.close();
}

async function openSound(format: FormatContext, sound: TestSound): Promise<OpenStream> {
  const name = { aac: FF_ENCODER_AAC, opus: FF_ENCODER_LIBOPUS, pcm: FF_ENCODER_PCM_S16LE }[sound.codec];
  const codec = Codec.findEncoderByName(name)!;
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleRate = SAMPLE_RATE_HZ;
  context.sampleFormat = sound.codec === 'aac' ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_S16;
  context.channelLayout = avChannelLayoutDefault(1);
  context.timeBase = new Rational(1, SAMPLE_RATE_HZ);
  if (sound.codec !== 'pcm') context.bitRate = 96_000n;
  context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  must(await context.open2(codec, null), 'open audio encoder');
  const stream = format.newStream(null);
  must(stream.codecpar.fromContext(context), 'audio parameters');
  stream.timeBase = context.timeBase;
  return { stream, context };
}

async function writeSound(
  format: FormatContext,
  { stream, context }: OpenStream,
  sound: TestSound,
): Promise<void> {
  const step = context.frameSize || 1024;
  const float = context.sampleFormat === AV_SAMPLE_FMT_FLTP;
  const total = Math.floor((sound.durationMs * SAMPLE_RATE_HZ) / 1000 / step);
  const startSample = Math.round(((sound.startMs ?? 0) * SAMPLE_RATE_HZ) / 1000);
  const beepSample = ((sound.beepMs ?? Number.NaN) * SAMPLE_RATE_HZ) / 1000;
  const packet = new Packet();
  packet.alloc();
  const drain = async (): Promise<void> => {
    while ((await context.receivePacket(packet)) >= 0) {
      packet.rescaleTs({ num: 1, den: SAMPLE_RATE_HZ }, stream.timeBase);
      packet.streamIndex = stream.index;
      must(await format.interleavedWriteFrame(packet), 'write sound');
    }
  };
  for (let block = 0; block < total; block++) {
    const samples = float ? new Float32Array(step) : new Int16Array(step);
    for (let i = 0; i < step; i++) {
      const at = startSample + block * step + i;
      const sounds = at >= beepSample && at < beepSample + SAMPLE_RATE_HZ / 10;
      const value = sounds ? 0.5 * Math.sin((2 * Math.PI * 1000 * at) / SAMPLE_RATE_HZ) : 0;
      samples[i] = float ? value : Math.round(value * 32767);
    }
    const frame = new Frame();
    frame.alloc();
    frame.nbSamples = step;
    frame.format = context.sampleFormat;
    frame.sampleRate = SAMPLE_RATE_HZ;
    frame.channelLayout = avChannelLayoutDefault(1);
    frame.pts = BigInt(startSample + block * step);
    must(frame.getBuffer(), 'allocate sound');
    frame.data![0].set(new Uint8Array(samples.buffer));
    must(await context.sendFrame(frame), 'encode sound');
    frame.free();
    await drain();
  }
  must(await context.sendFrame(null), 'flush sound');
  await drain();
  packet.free();
}

function paintRamp(rgba: Buffer, index: number, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      rgba.fill((((x + index) * 255) / (width + 25)) & 255, at, at + 3);
      rgba[at + 3] = 255;
    }
  }
}
