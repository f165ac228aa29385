import { z } from 'zod';

/** Hex, lower case. */
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex');
const count = z.number().int().positive();
/** A file of the pack's own folder: no path may lead out of it. */
const fileName = z.string().regex(/^[\w][\w.-]*$/, 'must be the plain name of a file in the pack');

const tensor = z.strictObject({
  /** -1 where the size is free. */
  shape: z.array(z.number().int().min(-1)),
  type: z.enum(['float32', 'float16', 'int64']),
});

const graph = z.strictObject({
  file: fileName,
  sha256,
  /** Weights beside the graph, as ONNX keeps them once a model passes 2 GB. */
  data: z.strictObject({ file: fileName, sha256 }).optional(),
  inputs: z.record(z.string(), tensor),
  outputs: z.record(z.string(), tensor),
});

/**
 * `pack.json`: what a model pack is. docs/generator.md describes every field for whoever makes packs; the tensors that
 * each graph must have are in `contract.ts`.
 */
export const manifestSchema = z.strictObject({
  format: z.literal(1, 'must be 1, the only format so far'),
  name: z.string().regex(/^[\w][\w.-]{0,39}$/, 'must be a short plain name'),
  version: z.string().min(1).max(40),
  licence: z.string().min(1),
  /** File of the model card. */
  card: fileName,
  /** `window`: a change of the warped picture inside a window on the face. `frame`: the whole picture, no warp. */
  kind: z.enum(['window', 'frame']),
  /** The head model that it was trained with; a pack for another one is refused. */
  head: z.strictObject({ name: z.string(), sha256 }),
  /** Side of what the decoder makes, pixels. */
  resolution: count.max(1024).multipleOf(8),
  driverMap: z.strictObject({ channels: z.literal(45), size: count.max(512) }),
  /** Side in pixels of the squares that a window's decoder leaves together; absent where it gives single pixels. */
  patch: count.max(16).optional(),
  latent: z.strictObject({
    channels: count.max(64),
    size: count.max(256),
    /** `[channels]`: what the decoder is given is `normalised · std + mean`. */
    mean: z.array(z.number()),
    std: z.array(z.number().positive()),
  }),
  window: z.strictObject({
    frames: count.max(64),
    /** Side of the window in heights of the face, chin to forehead. */
    faceHeights: z.number().min(0.5).max(4).optional(),
  }),
  schedule: z.strictObject({
    kind: z.literal('cosine-v', 'must be cosine-v, the only schedule so far'),
    /** How many steps the weights were made for; any of these, and for `chunk` any number. */
    steps: z.array(count.max(64)).min(1),
    defaultSteps: count.max(64),
    /** Part of each frame's noise, as variance, that all frames of a stream share. */
    noiseCoherence: z.number().min(0).max(1),
  }),
  graphs: z.strictObject({
    identity: graph,
    denoiser: graph,
    decoder: graph,
  }),
  /** The same graphs with 8-bit weights and activations; what is absent runs in float. */
  int8: z
    .strictObject({ identity: graph.optional(), denoiser: graph.optional(), decoder: graph.optional() })
    .optional(),
});

export type PackManifest = z.infer<typeof manifestSchema>;
export type GraphEntry = z.infer<typeof graph>;
export type TensorEntry = z.infer<typeof tensor>;
export const GRAPH_NAMES = ['identity', 'denoiser', 'decoder'] as const;
export type GraphName = (typeof GRAPH_NAMES)[number];
/** What a pack's graphs compute in. */
export type Precision = 'float32' | 'int8';
