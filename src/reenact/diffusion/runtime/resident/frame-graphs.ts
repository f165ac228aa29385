/**
 * What a frame of so many sessions together is on a GPU, as few graphs: a pack's denoiser with all that comes before and behind it
 * for one denoising step, and its decoder with all that comes behind. Each graph that is run costs the processor's time, and so does
 * each operator; what is the same in every frame is written down as a constant, and ONNX Runtime computes whatever depends on it
 * alone when it loads the graph.
 */
import { GraphWriter } from '../../../onnx/graph-writer.ts';
import type { OnnxGraph } from '../../../onnx/onnx-model.ts';
import type { StoredGraph } from '../../../onnx/stored-graph.ts';
import { type PackLayout, RESIDUAL_VALUES, WEIGHT_VALUES } from '../../pack/contract.ts';
import type { PackManifest } from '../../pack/manifest.ts';
import { ddimFactors } from '../../schedule.ts';
import { edgeFade, STEPS } from '../change-picture.ts';
import { bilinearColumns } from '../head-share.ts';
import { cacheValues, made, own, referenceValues } from './tensor-names.ts';

const AXIS_OF_SLOTS = 3;

/** One denoising step of `streams` sessions with a new frame each, from `time` to `next`: 1 is the first, 0 behind the last. */
export interface DenoisingStep {
  readonly streams: number;
  readonly time: number;
  readonly next: number;
}

/** What a stream's frame is on its way to the GPU, in this order and with so many values. */
export interface FrameParts {
  readonly latent: number;
  readonly driver_map: number;
  readonly visibility: number;
  readonly share: number;
  /**
   * RGB bytes as a number a pixel, red + 256 · green + 65536 · blue, which a float holds exactly: a third of what the networks'
   * planes would be to send.
   */
  readonly window: number;
}

export function framePartsOf({
  latentChannels,
  latentSize,
  mapChannels,
  mapSize,
  resolution,
}: PackLayout): FrameParts {
  return {
    latent: latentChannels * latentSize ** 2,
    driver_map: mapChannels * mapSize ** 2,
    visibility: mapSize ** 2,
    share: mapSize ** 2,
    window: resolution ** 2,
  };
}

/**
 * The first step takes `frame`, `[streams, L]`, and gives `warp`, `[streams, 3, R, R]`, and the share of the head, flat; others
 * take what it made of the frame. Each takes the portraits' keys and values, the caches and `age`, and gives the latent after the
 * step and the caches with the new frame behind them and without the oldest.
 */
export function denoisingGraph(
  layout: PackLayout,
  latent: PackManifest['latent'],
  denoiser: StoredGraph,
  step: DenoisingStep,
): OnnxGraph {
  const graph = new GraphWriter();
  const { streams, time, next } = step;
  if (time === 1) enter(graph, layout, step);
  else enterAgain(graph, layout, streams);
  join(graph, layout, streams);
  graph.constant([streams], new Float32Array(streams).fill(time), 'timestep');
  if (layout.temporal.length > 0) graph.take({ name: 'age', shape: [1, layout.slots + 1], type: 'int64' });
  graph.goAround(denoiser);
  advance(graph, layout, latent, streams, ddimFactors(time, next), next === 0);
  remember(graph, layout, streams);
  return graph.finish();
}

/** What of the frame further steps need is given too, where there are any. */
function enter(graph: GraphWriter, layout: PackLayout, { streams, next }: DenoisingStep): void {
  const parts = framePartsOf(layout);
  const { latentChannels, latentSize, mapChannels, mapSize, resolution } = layout;
  const length = Object.values(parts).reduce((all, values) => all + values, 0);
  const frame = graph.take({ name: 'frame', shape: [streams, length] });
  let from = 0;
  const slice = (name: keyof FrameParts, given: boolean): string => {
    const values = parts[name];
    const ends = [[from], [(from += values)], [1]].map((sizes) => graph.sizes(sizes));
    if (!given) return graph.node('Slice', [frame, ...ends]);
    const output = { name: made(name), shape: [streams, values] };
    graph.give('Slice', [frame, ...ends], output);
    return output.name;
  };
  const shaped = (name: keyof FrameParts, given: boolean, shape: readonly number[]) =>
    graph.node('Reshape', [slice(name, given), graph.sizes([streams, ...shape])], {}, name);
  const goesOn = next !== 0;
  shaped('latent', false, [latentChannels, latentSize, latentSize]);
  shaped('driver_map', goesOn, [mapChannels, mapSize, mapSize]);
  shaped('visibility', goesOn, [1, mapSize, mapSize]);
  slice('share', true);
  const packed = graph.reshape(slice('window', false), [streams, 1, parts.window]);
  // The whole, and how often 256 and 65536 go into it; then of each what the next leaves over.
  const divided = graph.node('Mul', [
    packed,
    graph.constant([1, 3, 1], Float32Array.of(1, 2 ** -8, 2 ** -16)),
  ]);
  const over = graph.constant([3, 3], Float32Array.of(1, -256, 0, 0, 1, -256, 0, 0, 1));
  const bytes = graph.node('MatMul', [over, graph.node('Floor', [divided])]);
  const shape = [streams, 3, resolution, resolution];
  scaleShift(graph, graph.reshape(bytes, shape), [1 / STEPS, 1 / STEPS, 1 / STEPS], [-1, -1, -1], {
    name: 'warp',
    shape,
  });
}

function enterAgain(graph: GraphWriter, layout: PackLayout, streams: number): void {
  const { mapChannels, mapSize, latentChannels, latentSize, resolution } = layout;
  const parts = framePartsOf(layout);
  const shaped = (name: 'driver_map' | 'visibility', shape: readonly number[]): void => {
    const flat = graph.take({ name: made(name), shape: [streams, parts[name]] });
    graph.node('Reshape', [flat, graph.sizes([streams, ...shape])], {}, name);
  };
  graph.take({ name: 'latent', shape: [streams, latentChannels, latentSize, latentSize] });
  graph.take({ name: 'warp', shape: [streams, 3, resolution, resolution] });
  shaped('driver_map', [mapChannels, mapSize, mapSize]);
  shaped('visibility', [1, mapSize, mapSize]);
}

/** The streams' keys and values behind one another along the first axis. */
function join(graph: GraphWriter, layout: PackLayout, streams: number): void {
  for (const { name, shape } of [...referenceValues(layout), ...cacheValues(layout)]) {
    const parts = Array.from({ length: streams }, (_, stream) =>
      graph.take({ name: own(name, stream, streams), shape }),
    );
    if (streams > 1) graph.node('Concat', parts, { axis: 0 }, name);
  }
}

/** One step of DDIM and, behind the last one, the latent's deviation and mean: of_x · latent + of_v · v + offset. */
function advance(
  graph: GraphWriter,
  { latentChannels, latentSize }: PackLayout,
  { mean, std }: PackManifest['latent'],
  streams: number,
  [ofX, ofV]: readonly [number, number],
  last: boolean,
): void {
  const shape = [streams, latentChannels, latentSize, latentSize];
  const output = { name: made('latent'), shape };
  const scale = (factor: number) =>
    Array.from({ length: latentChannels }, (_, i) => factor * (last ? std[i] : 1));
  const offset = Array.from({ length: latentChannels }, (_, i) => (last ? mean[i] : 0));
  if (ofX === 0) {
    // A single step from noise alone forgets the noise.
    scaleShift(graph, 'v', scale(ofV), offset, output);
    return;
  }
  const x = graph.node('Mul', [
    'latent',
    graph.constant([1, latentChannels, 1, 1], Float32Array.from(scale(ofX))),
  ]);
  const v = `${output.name} of v`;
  scaleShift(graph, 'v', scale(ofV), offset, { name: v });
  graph.give('Add', [x, v], output);
}

/** The caches, each a frame further. */
function remember(graph: GraphWriter, { temporal, slots }: PackLayout, streams: number): void {
  for (const { cacheKey, cacheValue, newKey, newValue, positions, heads, dim } of temporal)
    for (const [cache, fresh] of [
      [cacheKey, newKey],
      [cacheValue, newValue],
    ]) {
      const kept = graph.slice(cache, AXIS_OF_SLOTS, 1, slots);
      const output = (stream: number) => ({
        name: made(own(cache, stream, streams)),
        shape: [1, positions, heads, slots, dim],
      });
      const axis = { axis: AXIS_OF_SLOTS };
      if (streams === 1) {
        graph.give('Concat', [kept, fresh], output(0), axis);
        continue;
      }
      const all = graph.node('Concat', [kept, fresh], axis);
      for (let stream = 0; stream < streams; stream++) {
        const ends = [[stream], [stream + 1], [0]].map((sizes) => graph.sizes(sizes));
        graph.give('Slice', [all, ...ends], output(stream));
      }
    }
}

/** Of each channel, in one pass: a batch norm of mean 0 and variance 1. @param output an output of the graph where it has a shape */
function scaleShift(
  graph: GraphWriter,
  input: string,
  scale: readonly number[],
  shift: readonly number[],
  output: { readonly name: string; readonly shape?: readonly number[] },
): void {
  const channels = scale.length;
  const constant = (values: readonly number[]) => graph.constant([channels], Float32Array.from(values));
  const inputs = [
    input,
    constant(scale),
    constant(shift),
    constant(new Array(channels).fill(0)),
    constant(new Array(channels).fill(1)),
  ];
  const attributes = { epsilon: { float: 0 } };
  const { name, shape } = output;
  if (shape === undefined) graph.node('BatchNormalization', inputs, attributes, name);
  else graph.give('BatchNormalization', inputs, { name, shape }, attributes);
}

/**
 * From the last latent, `warp` and the head's share to `change`, `[streams, R, R, 3]`: the decoder, and what `writeChange` and
 * `writePatches` do.
 */
export function pictureGraph(layout: PackLayout, decoder: StoredGraph, streams: number): OnnxGraph {
  const graph = new GraphWriter();
  const { resolution, mapSize, latentChannels, latentSize } = layout;
  graph.take({ name: 'latent', shape: [streams, latentChannels, latentSize, latentSize] });
  graph.take({ name: 'warp', shape: [streams, 3, resolution, resolution] });
  const flat = graph.take({ name: made('share'), shape: [streams, mapSize ** 2] });
  graph.goAround(decoder);
  const { delta, mask } = deltaAndMask(graph, layout, streams);
  // Fade and enlargement of the share are products of what depends on the row and on the column.
  const { rows, columns } = fadedEnlargement(mapSize, resolution);
  const share = graph.reshape(flat, [streams, 1, mapSize, mapSize]);
  const tall = graph.node('MatMul', [graph.constant([resolution, mapSize], rows), share]);
  const weight = graph.node('MatMul', [tall, graph.constant([mapSize, resolution], columns)]);
  const change = graph.node('Mul', [delta, graph.node('Mul', [mask, weight])]);
  graph.give(
    'Transpose',
    [change],
    { name: 'change', shape: [streams, resolution, resolution, 3] },
    { perm: [0, 2, 3, 1] },
  );
  return graph.finish();
}

function deltaAndMask(
  graph: GraphWriter,
  { resolution, patch }: PackLayout,
  streams: number,
): { delta: string; mask: string } {
  if (patch === null) return { delta: 'delta', mask: 'mask' };
  const squares = resolution / patch;
  const unfold = (name: string, values: number): string => {
    const apart = graph.reshape(name, [streams, squares, squares, values, patch, patch]);
    const ordered = graph.node('Transpose', [apart], { perm: [0, 3, 1, 4, 2, 5] });
    return graph.reshape(ordered, [streams, values, resolution, resolution]);
  };
  const residual = unfold('residual', RESIDUAL_VALUES);
  const weights = unfold('weights', WEIGHT_VALUES);
  const gated = graph.node('Mul', [graph.slice(weights, 1, 0, 1), 'warp']);
  return { delta: graph.node('Sub', [residual, gated]), mask: graph.slice(weights, 1, 1, 2) };
}

/** `[R, S]` bilinear enlargement times the window's fade, in steps of 8-bit sRGB, and the same for columns, `[S, R]`. */
function fadedEnlargement(size: number, resolution: number): { rows: Float32Array; columns: Float32Array } {
  const { before, part } = bilinearColumns(size, resolution);
  const fade = edgeFade(resolution);
  const rows = new Float32Array(resolution * size);
  const columns = new Float32Array(size * resolution);
  for (let i = 0; i < resolution; i++) {
    const after = Math.min(size - 1, before[i] + 1);
    for (const [at, weight] of [
      [before[i], 1 - part[i]],
      [after, part[i]],
    ]) {
      rows[i * size + at] += STEPS * fade[i] * weight;
      columns[at * resolution + i] += fade[i] * weight;
    }
  }
  return { rows, columns };
}
