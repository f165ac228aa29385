import { z } from 'zod';
import type { ErrorCode } from '../../errors.ts';
import type { PlayFileOptions } from './play-file.ts';

/** To the player's process. */
export interface PlayFileRequest {
  readonly kind: 'play';
  readonly options: PlayFileOptions;
}

/** From it. `ended` comes last. */
export type PlayFileReply =
  | { readonly kind: 'playing'; readonly ip: string; readonly port: number }
  | { readonly kind: 'ended'; readonly error: { readonly code: ErrorCode; readonly message: string } | null };

export const playFileReplySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('playing'), ip: z.string(), port: z.number().int() }),
  z.object({
    kind: z.literal('ended'),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  }),
]);
