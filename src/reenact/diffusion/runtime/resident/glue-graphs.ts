/**
 * What happens between a pack's networks, as graphs: on a GPU it has to run where the tensors are. `streams` sessions go
 * through together with one new frame each.
 */
import { GraphWriter } from '../../../onnx/graph-writer.ts';
import type { OnnxGraph, OnnxValue } from '../../../onnx/onnx-model.ts';
import { type PackLayout, RESIDUAL_VALUES, WEIGHT_VALUES } from '../../pack/contract.ts';
import { edgeFade, STEPS } from '../change-picture.ts';
import { bilinearColumns } from '../head-share.ts';

/** Of stream `stream` alone. */
export const own = (name: string, stream: number): string => `${name}_of_${stream}`;
/** What a graph that copies, joins or moves on makes of a tensor. */
export const made = (name: string): string => `${name}_made`;

/** What a graph that makes more of the same is to write into. */
export function withMade<T>(tensors: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [made(name), tensor]));
}

/** The same tensors under the names that they were made of. */
export function withoutMade<T>(tensors: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name.slice(0, -made('').length), tensor]),
  );
}

const AXIS_OF_SLOTS = 3;

/** Tensors of zeros, `name` for `name`. */
export function blankGraph(values: readonly OnnxValue[]): OnnxGraph {
  const graph = new GraphWriter();
  for (const { name, shape } of values) graph.give('ConstantOfShape', [graph.sizes(shape)], { name, shape });
  return graph.finish();
}

/** Copies of its inputs: from the processor's memory to the GPU's, as there is no other way there. */
export function copyGraph(values: readonly OnnxValue[]): OnnxGraph {
  const graph = new GraphWriter();
  for (const value of values)
    graph.give('Mul', [graph.take(value), graph.number(1)], { ...value, name: made(value.name) });
  return graph.finish();
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

/** From `frame`, `[streams, L]`, all that a frame sends in one piece, to the tensors that the networks take. */
export function entryGraph(layout: PackLayout, streams: number): OnnxGraph {
  const graph = new GraphWriter();
  const parts = framePartsOf(layout);
  const { latentChannels, latentSize, mapChannels, mapSize, resolution } = layout;
  const length = Object.values(parts).reduce((all, values) => all + values, 0);
  const frame = graph.take({ name: 'frame', shape: [streams, length] });
  let from = 0;
  const next = (values: number): string => graph.slice(frame, 1, from, (from += values));
  const give = (name: keyof FrameParts, shape: readonly number[]): void =>
    graph.give('Reshape', [next(parts[name]), graph.sizes(shape)], { name: made(name), shape });
  give('latent', [streams, latentChannels, latentSize, latentSize]);
  give('driver_map', [streams, mapChannels, mapSize, mapSize]);
  give('visibility', [streams, 1, mapSize, mapSize]);
  give('share', [streams, 1, mapSize, mapSize]);
  const packed = graph.reshape(next(parts.window), [streams, 1, resolution, resolution]);
  const over = (input: string, divisor: number) =>
    graph.node('Floor', [graph.node('Mul', [input, graph.number(1 / divisor)])]);
  const without = (input: string, part: string, factor: number) =>
    graph.node('Sub', [input, graph.node('Mul', [part, graph.number(factor)])]);
  const blue = over(packed, 65536);
  const rest = without(packed, blue, 65536);
  const green = over(rest, 256);
  const red = without(rest, green, 256);
  const planes = graph.node('Concat', [red, green, blue], { axis: 1 });
  const scaled = graph.node('Mul', [planes, graph.number(1 / STEPS)]);
  const shape = [streams, 3, resolution, resolution];
  graph.give('Sub', [scaled, graph.number(1)], { name: made('warp'), shape });
  return graph.finish();
}

/** `values` of each of `streams` streams, by {@link own}, behind one another along the first axis. */
export function joinGraph(values: readonly OnnxValue[], streams: number): OnnxGraph {
  const graph = new GraphWriter();
  for (const { name, shape } of values) {
    const parts = Array.from({ length: streams }, (_, stream) =>
      graph.take({ name: own(name, stream), shape }),
    );
    graph.give('Concat', parts, { name: made(name), shape: [streams, ...shape.slice(1)] }, { axis: 0 });
  }
  return graph.finish();
}

/**
 * What follows the denoiser. One step of DDIM and, behind the last one, the latent's deviation and mean: of_x · latent +
 * of_v · v + offset. And the caches with the new frame's keys and values behind them and without the oldest.
 */
export function stepGraph(layout: PackLayout, streams: number): OnnxGraph {
  const graph = new GraphWriter();
  const { latentChannels, latentSize, temporal, slots } = layout;
  const shape = [streams, latentChannels, latentSize, latentSize];
  const factor = (name: string) => graph.take({ name, shape: [1, latentChannels, 1, 1] });
  const x = graph.node('Mul', [graph.take({ name: 'latent', shape }), factor('of_x')]);
  const v = graph.node('Mul', [graph.take({ name: 'v', shape }), factor('of_v')]);
  graph.give('Add', [graph.node('Add', [x, v]), factor('offset')], { name: made('latent'), shape });
  for (const { cacheKey, cacheValue, newKey, newValue, positions, heads, dim } of temporal)
    for (const [cache, fresh] of [
      [cacheKey, newKey],
      [cacheValue, newValue],
    ]) {
      const all = graph.take({ name: fresh, shape: [streams, positions, heads, 1, dim] });
      for (let stream = 0; stream < streams; stream++) {
        const name = own(cache, stream);
        const shape = [1, positions, heads, slots, dim];
        const kept = graph.slice(graph.take({ name, shape }), AXIS_OF_SLOTS, 1, slots);
        const newest = streams === 1 ? all : graph.slice(all, 0, stream, stream + 1);
        graph.give('Concat', [kept, newest], { name: made(name), shape }, { axis: AXIS_OF_SLOTS });
      }
    }
  return graph.finish();
}

/**
 * From the decoder's outputs and the warp to `change`, `[streams, R, R, 3]`: what `writeChange` and `writePatches` do.
 * `share` is `[streams, 1, S, S]`, see `HeadShare`.
 */
export function changeGraph(layout: PackLayout, streams: number): OnnxGraph {
  const graph = new GraphWriter();
  const { resolution, mapSize } = layout;
  const picture = [streams, 3, resolution, resolution];
  const { delta, mask } = deltaAndMask(graph, layout, streams);
  // Fade and enlargement of the share are products of what depends on the row and on the column.
  const { rows, columns } = fadedEnlargement(mapSize, resolution);
  const share = graph.take({ name: 'share', shape: [streams, 1, mapSize, mapSize] });
  const tall = graph.node('MatMul', [graph.constant([resolution, mapSize], rows), share]);
  const weight = graph.node('MatMul', [tall, graph.constant([mapSize, resolution], columns)]);
  const change = graph.node('Mul', [delta, graph.node('Mul', [mask, weight])]);
  graph.give(
    'Transpose',
    [change],
    { name: 'change', shape: [picture[0], resolution, resolution, 3] },
    { perm: [0, 2, 3, 1] },
  );
  return graph.finish();
}

function deltaAndMask(
  graph: GraphWriter,
  { resolution, patch }: PackLayout,
  streams: number,
): { delta: string; mask: string } {
  const planes = (count: number) => [streams, count, resolution, resolution];
  if (patch === null)
    return {
      delta: graph.take({ name: 'delta', shape: planes(3) }),
      mask: graph.take({ name: 'mask', shape: planes(1) }),
    };
  const squares = resolution / patch;
  const unfold = (name: string, values: number): string => {
    const shape = [streams, squares, squares, values * patch ** 2];
    const apart = graph.reshape(graph.take({ name, shape }), [
      streams,
      squares,
      squares,
      values,
      patch,
      patch,
    ]);
    const ordered = graph.node('Transpose', [apart], { perm: [0, 3, 1, 4, 2, 5] });
    return graph.reshape(ordered, planes(values));
  };
  const residual = unfold('residual', RESIDUAL_VALUES);
  const weights = unfold('weights', WEIGHT_VALUES);
  const warp = graph.take({ name: 'warp', shape: planes(3) });
  const gated = graph.node('Mul', [graph.slice(weights, 1, 0, 1), warp]);
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
