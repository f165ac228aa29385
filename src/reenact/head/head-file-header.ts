import { z } from 'zod';

/** First bytes of every head file (docs/head-format.md). */
export const HEAD_MAGIC = 'LOKIHEAD';
export const HEAD_FORMAT_VERSION = 1;
/** Magic, version and header length. */
export const PRELUDE_BYTES = 16;
/** Header length and section starts are multiples of this. */
export const ALIGNMENT_BYTES = 16;
export const JOINT_COUNT = 5;
/** Elements of (R_j − I) over the joints 1..4. */
export const POSE_FEATURE_COUNT = 36;

export const BYTES_OF = { f16: 2, f32: 4, u8: 1, u16: 2, u32: 4 } as const;
export type SectionDtype = keyof typeof BYTES_OF;

const count = z.number().int().min(0).max(10_000_000);

const sectionSchema = z.object({
  dtype: z.enum(['f16', 'f32', 'u8', 'u16', 'u32']),
  shape: z.array(count).min(1).max(3),
  offset: z.number().int().min(0),
});

const unitSchema = z
  .object({
    name: z.string().min(1),
    region: z.enum(['brows', 'eyes', 'nose', 'cheeks', 'mouth', 'jaw', 'all']),
    side: z.enum(['left', 'right', 'centre']),
    min: z.number(),
    max: z.number(),
    sd: z.number().positive(),
  })
  .refine((unit) => unit.min <= unit.max, 'min is above max');

export const headHeaderSchema = z.object({
  name: z.string().min(1),
  version: z.string(),
  licence: z.string(),
  source: z.string(),
  counts: z.object({
    vertices: count.min(1),
    triangles: count,
    shape: count,
    expression: count,
    joints: z.literal(JOINT_COUNT),
  }),
  parts: z
    .array(
      z.enum(['skin', 'mouthBag', 'eyeLeft', 'eyeRight', 'teethUpper', 'teethLower', 'tongue', 'lashes']),
    )
    .min(1)
    .max(255)
    .refine((parts) => parts.includes('skin'), 'no part is named skin'),
  expressionUnits: z.array(unitSchema),
  sections: z.record(z.string(), sectionSchema),
});

export type HeadHeader = z.infer<typeof headHeaderSchema>;
export type SectionHeader = z.infer<typeof sectionSchema>;
