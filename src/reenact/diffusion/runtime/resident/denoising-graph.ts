/**
 * One denoising step of some sessions' frames as one graph: a pack's denoiser with all that comes before and behind it. Each graph
 * that is run costs the processor's time, and so does each operator; what is the same in every frame is written down as a constant,
 * and ONNX Runtime computes whatever depends on it alone when it loads the graph.
 */
import { GraphWriter } from '../../../onnx/graph-writer.ts';
import type { OnnxGraph } from '../../../onnx/onnx-model.ts';
import type { StoredGraph } from '../../../onnx/stored-graph.ts';
import type { PackLayout } from '../../pack/contract.ts';
import type { PackManifest } from '../../pack/manifest.ts';
import { ddimFactors } from '../../schedule.ts';
import { STEPS } from '../change-picture.ts';
import { type FrameParts, frameLengthOf, framePartsOf } from './frame-parts.ts';
import { cacheValues, made, own, referenceValues } from './tensor-names.ts';

const AXIS_OF_SLOTS = 3;

/** One denoising step of `streams` sessions with a new frame each, from `time` to `next`: 1 is the first, 0 behind the last. */
export interface DenoisingStep {
  readonly streams: number;
  readonly time: number;
  readonly next: number;
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
  if (time === 1) enter(graph, layout, streams, next === 0);
  else enterAgain(graph, layout, streams);
  join(graph, layout, streams);
  graph.constant([streams], new Float32Array(streams).fill(time), 'timestep');
  if (layout.temporal.length > 0) graph.take({ name: 'age', shape: [1, layout.slots + 1], type: 'int64' });
  graph.goAround(denoiser);
  advance(graph, layout, latent, streams, ddimFactors(time, next), next === 0);
  remember(graph, layout, streams);
  return graph.finish();
}

/** @param last no further step needs more of the frame */
function enter(graph: GraphWriter, layout: PackLayout, streams: number, last: boolean): void {
  const parts = framePartsOf(layout);
  const { latentChannels, latentSize, mapChannels, mapSize, resolution } = layout;
  const frame = graph.take({ name: 'frame', shape: [streams, frameLengthOf(layout)] });
  let from = 0;
  const next = (name: keyof FrameParts, output?: string): string =>
    graph.slice(frame, 1, from, (from += parts[name]), output);
  const shaped = (name: 'driver_map' | 'visibility', shape: readonly number[]) =>
    graph.reshape(next(name, made(name)), [streams, ...shape], name);
  graph.reshape(next('latent'), [streams, latentChannels, latentSize, latentSize], 'latent');
  shaped('driver_map', [mapChannels, mapSize, mapSize]);
  shaped('visibility', [1, mapSize, mapSize]);
  next('share', made('share'));
  const packed = graph.reshape(next('window'), [streams, 1, parts.window]);
  // The whole, and how often 256 and 65536 go into it; then of each what the next leaves over.
  const divided = graph.node('Mul', [
    packed,
    graph.constant([1, 3, 1], Float32Array.of(1, 2 ** -8, 2 ** -16)),
  ]);
  const over = graph.constant([3, 3], Float32Array.of(1, -256, 0, 0, 1, -256, 0, 0, 1));
  const bytes = graph.node('MatMul', [over, graph.node('Floor', [divided])]);
  const shape = [streams, 3, resolution, resolution];
  const scale = 1 / STEPS;
  scaleShift(graph, graph.reshape(bytes, shape), [scale, scale, scale], [-1, -1, -1], 'warp');
  graph.result({ name: 'warp', shape });
  for (const name of last ? (['share'] as const) : (['share', 'driver_map', 'visibility'] as const))
    graph.result({ name: made(name), shape: [streams, parts[name]] });
}

function enterAgain(graph: GraphWriter, layout: PackLayout, streams: number): void {
  const { mapChannels, mapSize, latentChannels, latentSize, resolution } = layout;
  const parts = framePartsOf(layout);
  const shaped = (name: 'driver_map' | 'visibility', shape: readonly number[]): void => {
    const flat = graph.take({ name: made(name), shape: [streams, parts[name]] });
    graph.reshape(flat, [streams, ...shape], name);
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
  const name = made('latent');
  const scale = (factor: number) =>
    Array.from({ length: latentChannels }, (_, i) => factor * (last ? std[i] : 1));
  const offset = Array.from({ length: latentChannels }, (_, i) => (last ? mean[i] : 0));
  graph.result({ name, shape: [streams, latentChannels, latentSize, latentSize] });
  // A single step from noise alone forgets the noise.
  const whole = ofX === 0;
  const v = scaleShift(graph, 'v', scale(ofV), offset, whole ? name : undefined);
  if (whole) return;
  const factors = graph.constant([1, latentChannels, 1, 1], Float32Array.from(scale(ofX)));
  graph.node('Add', [graph.node('Mul', ['latent', factors]), v], undefined, name);
}

/** The caches, each a frame further. */
function remember(graph: GraphWriter, { temporal, slots }: PackLayout, streams: number): void {
  for (const { cacheKey, cacheValue, newKey, newValue, positions, heads, dim } of temporal)
    for (const [cache, fresh] of [
      [cacheKey, newKey],
      [cacheValue, newValue],
    ]) {
      const kept = graph.slice(cache, AXIS_OF_SLOTS, 1, slots);
      const names = Array.from({ length: streams }, (_, stream) => made(own(cache, stream, streams)));
      const axis = { axis: AXIS_OF_SLOTS };
      const all = graph.node('Concat', [kept, fresh], axis, streams === 1 ? names[0] : undefined);
      for (const [stream, name] of names.entries()) {
        if (streams > 1) graph.slice(all, 0, stream, stream + 1, name);
        graph.result({ name, shape: [1, positions, heads, slots, dim] });
      }
    }
}

/** Of each channel, in one pass: a batch norm of mean 0 and variance 1. @returns the name of the result */
function scaleShift(
  graph: GraphWriter,
  input: string,
  scale: readonly number[],
  shift: readonly number[],
  output?: string,
): string {
  const channels = scale.length;
  const [zeros, ones] = [0, 1].map((value) => new Array<number>(channels).fill(value));
  const parameters = [scale, shift, zeros, ones].map((values) =>
    graph.constant([channels], Float32Array.from(values)),
  );
  return graph.node('BatchNormalization', [input, ...parameters], { epsilon: { float: 0 } }, output);
}
