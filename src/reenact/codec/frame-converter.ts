import {
  AV_BUFFERSRC_FLAG_KEEP_REF,
  AV_BUFFERSRC_FLAG_PUSH,
  type AVBufferSrcFlag,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_RANGE_UNSPECIFIED,
  AVCOL_SPC_BT709,
  AVCOL_SPC_RGB,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
  type AVColorRange,
  type AVColorSpace,
  type AVPixelFormat,
} from 'node-av/constants';
import { avGetPixFmtName, Filter, type FilterContext, FilterGraph, Frame } from 'node-av/lib';
import { must } from './ffmpeg.ts';

const KEEP = (AV_BUFFERSRC_FLAG_PUSH | AV_BUFFERSRC_FLAG_KEEP_REF) as AVBufferSrcFlag;

/** One step of a filter graph: FFmpeg's filter name and its arguments. */
export interface FilterStep {
  readonly name: string;
  readonly args: string;
}

/** `scale=1:2` as a step. */
export function filterStep(text: string): FilterStep {
  const at = text.indexOf('=');
  return at < 0 ? { name: text, args: '' } : { name: text.slice(0, at), args: text.slice(at + 1) };
}

/**
 * Puts frames through a chain of FFmpeg filters, one in and one out. The graph is rebuilt when size, pixel format
 * or colour of the input change.
 */
export class FrameConverter {
  readonly #steps: readonly FilterStep[];
  readonly #output = new Frame();
  // The graph owns its filters: it must stay referenced as long as they are used.
  #graph: FilterGraph | null = null;
  #source: FilterContext | null = null;
  #sink: FilterContext | null = null;
  #inputKey = '';

  constructor(steps: readonly FilterStep[]) {
    this.#steps = steps;
    this.#output.alloc();
  }

  /**
   * Takes the content of `input` (it is empty afterwards) unless it is to be kept. The result is valid until the next call.
   * @param aside work in libuv's pool: worth the thread switches only for large frames
   */
  async convert(input: Frame, { aside = false, keep = false } = {}): Promise<Frame> {
    completeColour(input);
    await this.#prepare(input);
    this.#output.unref();
    const source = this.#source!;
    const flags = keep ? KEEP : AV_BUFFERSRC_FLAG_PUSH;
    const added = aside
      ? await source.buffersrcAddFrame(input, flags)
      : source.buffersrcAddFrameSync(input, flags);
    must(added, 'convert frame');
    // Pushing has done the work; this only hands the result over.
    must(this.#sink!.buffersinkGetFrameSync(this.#output), 'convert frame');
    return this.#output;
  }

  close(): void {
    this.#graph?.free();
    this.#graph = null;
    this.#output.free();
  }

  async #prepare(input: Frame): Promise<void> {
    const args =
      `video_size=${input.width}x${input.height}:pix_fmt=${input.format}:time_base=1/1000` +
      `:colorspace=${input.colorSpace}:range=${input.colorRange}`;
    if (args === this.#inputKey) return;
    this.#graph?.free();
    const graph = new FilterGraph();
    graph.alloc();
    // One thread: pictures are small, and the cores have other work.
    graph.nbThreads = 1;
    const source = createFilter(graph, { name: 'buffer', args }, 'in');
    const sink = createFilter(graph, { name: 'buffersink', args: '' }, 'out');
    let last = source;
    for (const [index, step] of this.#steps.entries()) {
      const filter = createFilter(graph, step, `step${index}`);
      must(last.link(0, filter, 0), `link ${step.name}`);
      last = filter;
    }
    must(last.link(0, sink, 0), 'link sink');
    must(await graph.config(), 'configure filters');
    this.#graph = graph;
    this.#source = source;
    this.#sink = sink;
    this.#inputKey = args;
  }
}

/** Filters are created by name: FFmpeg's own parser of graph strings would need everything escaped. */
export function createFilter(graph: FilterGraph, step: FilterStep, label: string): FilterContext {
  const filter = Filter.getByName(step.name);
  const context = filter === null ? null : graph.createFilter(filter, label, step.args || null);
  if (context === null) throw new Error(`filter ${step.name}=${step.args} cannot be made`);
  return context;
}

/**
 * Says which matrix and range an untagged frame has, as players do: BT.601 up to 576 lines, BT.709 above;
 * studio range for YUV, full range for RGB.
 */
function completeColour(frame: Frame): void {
  const rgb = isRgb(frame.format as AVPixelFormat);
  if (rgb) frame.colorSpace = AVCOL_SPC_RGB;
  else if (frame.colorSpace === AVCOL_SPC_UNSPECIFIED || frame.colorSpace === AVCOL_SPC_RGB) {
    frame.colorSpace = guessMatrix(frame.width, frame.height);
  }
  if (frame.colorRange === AVCOL_RANGE_UNSPECIFIED) frame.colorRange = guessRange(rgb);
}

function guessMatrix(width: number, height: number): AVColorSpace {
  return width >= 1280 || height > 576 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

function guessRange(rgb: boolean): AVColorRange {
  return rgb ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
}

const rgbFormats = new Map<AVPixelFormat, boolean>();

function isRgb(format: AVPixelFormat): boolean {
  let rgb = rgbFormats.get(format);
  if (rgb === undefined) {
    rgb = /^(rgb|bgr|gbr|argb|abgr|0rgb|0bgr|x2rgb|x2bgr|pal8)/.test(avGetPixFmtName(format) ?? '');
    rgbFormats.set(format, rgb);
  }
  return rgb;
}
