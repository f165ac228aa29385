import { DRIVER_MAP_SIZE } from '../../raster/driver-map.ts';
import { WINDOW_FACE_HEIGHTS, WINDOW_PX } from '../face-window.ts';
import type { GraphEntry, GraphName, PackManifest, TensorEntry } from './manifest.ts';

/** Values a pixel of a patched decoder's `residual`: red, green, blue; and of its `weights`: gate, mask. */
export const RESIDUAL_VALUES = 3;
export const WEIGHT_VALUES = 2;

/** Keys and values of the portrait for one attention layer of the denoiser, `[1, heads, tokens, dim]` each. */
export interface ReferenceLayer {
  readonly key: string;
  readonly value: string;
  readonly heads: number;
  readonly tokens: number;
  readonly dim: number;
}

/** Cache of one temporal attention layer, `[1, positions, heads, slots, dim]` each. */
export interface TemporalLayer {
  readonly cacheKey: string;
  readonly cacheValue: string;
  readonly newKey: string;
  readonly newValue: string;
  readonly positions: number;
  readonly heads: number;
  readonly dim: number;
}

/** Everything about a pack's tensors that the runtime needs to know. */
export interface PackLayout {
  readonly kind: PackManifest['kind'];
  /** Side of the picture that the decoder makes. */
  readonly resolution: number;
  /** Side of the decoder's patches; null where it gives single pixels. */
  readonly patch: number | null;
  readonly mapChannels: number;
  readonly mapSize: number;
  readonly latentChannels: number;
  readonly latentSize: number;
  readonly references: readonly ReferenceLayer[];
  readonly temporal: readonly TemporalLayer[];
  /** Frames of the temporal window before the newest. */
  readonly slots: number;
}

/**
 * Holds a pack's declared tensors against what the runtime feeds and reads, and says what is left open: how many
 * attention layers there are, and of which sizes.
 *
 * @returns the layout, or in one sentence what does not fit
 */
export function layoutOf(manifest: PackManifest): PackLayout | string {
  const { latent, driverMap, resolution, kind, graphs, window, schedule, patch } = manifest;
  if (latent.mean.length !== latent.channels || latent.std.length !== latent.channels)
    return `latent.mean and latent.std must have ${latent.channels} numbers each.`;
  if (!schedule.steps.includes(schedule.defaultSteps))
    return 'schedule.defaultSteps must be one of schedule.steps.';
  if (driverMap.size !== DRIVER_MAP_SIZE) return `driverMap.size must be ${DRIVER_MAP_SIZE}.`;
  if (kind === 'window' && (resolution !== WINDOW_PX || window.faceHeights !== WINDOW_FACE_HEIGHTS))
    return `a pack of kind window must have resolution ${WINDOW_PX} and window.faceHeights ${WINDOW_FACE_HEIGHTS}.`;
  if (patch !== undefined && (kind !== 'window' || resolution % patch !== 0))
    return `patch is for packs of kind window, and must divide ${resolution}.`;

  const { identity, denoiser, decoder } = graphs;
  const references = referencesOf(denoiser);
  const temporal = temporalOf(denoiser);
  if (typeof references === 'string') return references;
  if (typeof temporal === 'string') return temporal;

  const picture = [3, resolution, resolution];
  const map = [driverMap.channels, driverMap.size, driverMap.size];
  const code = [latent.channels, latent.size, latent.size];
  const whole = kind === 'frame';
  const expected: Record<GraphName, { inputs: Shapes; outputs: Shapes }> = {
    identity: {
      inputs: { portrait: [1, ...picture], portrait_map: [1, ...map] },
      outputs: Object.fromEntries(references.flatMap(referenceShapes(1))),
    },
    denoiser: {
      inputs: {
        latent: [-1, ...code],
        timestep: [-1],
        driver_map: [-1, ...map],
        ...(!whole && { warp: [-1, ...picture], visibility: [-1, 1, driverMap.size, driverMap.size] }),
        ...Object.fromEntries(references.flatMap(referenceShapes(-1))),
        ...Object.fromEntries(
          temporal.flatMap(({ cacheKey, cacheValue, positions, heads, dim }) => [
            [cacheKey, [-1, positions, heads, -1, dim]],
            [cacheValue, [-1, positions, heads, -1, dim]],
          ]),
        ),
        ...(temporal.length > 0 && { age: [-1, -1] }),
      },
      outputs: {
        v: [-1, ...code],
        ...Object.fromEntries(
          temporal.flatMap(({ newKey, newValue, positions, heads, dim }) => [
            [newKey, [-1, positions, heads, -1, dim]],
            [newValue, [-1, positions, heads, -1, dim]],
          ]),
        ),
      },
    },
    decoder: {
      inputs: { latent: [-1, ...code], ...(!whole && { warp: [-1, ...picture] }) },
      outputs: decoderOutputs({ kind, resolution, patch: patch ?? null }, -1),
    },
  };
  const entries: Record<GraphName, GraphEntry> = { identity, denoiser, decoder };
  for (const [name, { inputs, outputs }] of Object.entries(expected)) {
    const entry = entries[name as GraphName];
    const wrong = mismatch(entry.inputs, inputs) ?? mismatch(entry.outputs, outputs);
    if (wrong !== null) return `${name}: ${wrong}`;
  }
  return {
    kind,
    resolution,
    patch: patch ?? null,
    mapChannels: driverMap.channels,
    mapSize: driverMap.size,
    latentChannels: latent.channels,
    latentSize: latent.size,
    references,
    temporal,
    slots: window.frames - 1,
  };
}

type Shapes = Readonly<Record<string, readonly number[]>>;

/** What the decoder of such a pack gives of `frames` frames, by name. @param frames -1: any number */
export function decoderOutputs(
  { kind, resolution, patch }: Pick<PackLayout, 'kind' | 'resolution' | 'patch'>,
  frames: number,
): Shapes {
  const pixels = [resolution, resolution];
  if (kind === 'frame') return { picture: [frames, 3, ...pixels] };
  if (patch === null) return { delta: [frames, 3, ...pixels], mask: [frames, 1, ...pixels] };
  const squares = [resolution / patch, resolution / patch];
  return {
    residual: [frames, ...squares, RESIDUAL_VALUES * patch ** 2],
    weights: [frames, ...squares, WEIGHT_VALUES * patch ** 2],
  };
}

function referenceShapes(batch: number): (layer: ReferenceLayer) => [string, number[]][] {
  return ({ key, value, heads, tokens, dim }) => [
    [key, [batch, heads, tokens, dim]],
    [value, [batch, heads, tokens, dim]],
  ];
}

function referencesOf(denoiser: GraphEntry): ReferenceLayer[] | string {
  const layers: ReferenceLayer[] = [];
  for (let i = 0; `ref_k_${i}` in denoiser.inputs; i++) {
    const { shape } = denoiser.inputs[`ref_k_${i}`];
    if (shape.length !== 4 || shape.slice(1).includes(-1))
      return `denoiser: ref_k_${i} must be [-1, heads, tokens, dim].`;
    const [, heads, tokens, dim] = shape;
    layers.push({ key: `ref_k_${i}`, value: `ref_v_${i}`, heads, tokens, dim });
  }
  return layers.length > 0 ? layers : 'denoiser: it takes no ref_k_0, so nothing tells it who the avatar is.';
}

function temporalOf(denoiser: GraphEntry): TemporalLayer[] | string {
  const layers: TemporalLayer[] = [];
  for (let i = 0; `cache_k_${i}` in denoiser.inputs; i++) {
    const { shape } = denoiser.inputs[`cache_k_${i}`];
    if (shape.length !== 5 || shape[1] < 1 || shape[2] < 1 || shape[4] < 1)
      return `denoiser: cache_k_${i} must be [-1, positions, heads, -1, dim].`;
    const [, positions, heads, , dim] = shape;
    layers.push({
      cacheKey: `cache_k_${i}`,
      cacheValue: `cache_v_${i}`,
      newKey: `new_k_${i}`,
      newValue: `new_v_${i}`,
      positions,
      heads,
      dim,
    });
  }
  return layers;
}

/** Names the first tensor that is missing, unknown or of another shape. */
export function mismatch(declared: Readonly<Record<string, TensorEntry>>, expected: Shapes): string | null {
  for (const [name, shape] of Object.entries(expected)) {
    const found = declared[name];
    if (found === undefined) return `the tensor ${name} is missing.`;
    const type = name === 'age' ? 'int64' : 'float32';
    if (found.type !== type) return `the tensor ${name} must be ${type}, not ${found.type}.`;
    if (!sameShape(found.shape, shape))
      return `the tensor ${name} must be [${shape.join(', ')}], not [${found.shape.join(', ')}].`;
  }
  const unknown = Object.keys(declared).find((name) => !(name in expected));
  return unknown === undefined ? null : `nobody knows the tensor ${unknown}.`;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
