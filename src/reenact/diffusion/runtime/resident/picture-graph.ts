import { GraphWriter } from '../../../onnx/graph-writer.ts';
import type { OnnxGraph } from '../../../onnx/onnx-model.ts';
import type { StoredGraph } from '../../../onnx/stored-graph.ts';
import { type PackLayout, RESIDUAL_VALUES, WEIGHT_VALUES } from '../../pack/contract.ts';
import { edgeFade, STEPS } from '../change-picture.ts';
import { bilinearColumns } from '../head-share.ts';
import { made } from './tensor-names.ts';

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
