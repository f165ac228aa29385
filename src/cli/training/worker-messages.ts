import type { ErrorCode } from '../../errors.ts';
import type { PersonMeta } from './person-folder.ts';
import type { CommandSource } from './render-person.ts';

/** What a rendering process is asked: one person at a time. */
export interface RenderRequest {
  readonly seed: number;
}

/** What it is started with, as its only argument, JSON. */
export interface RenderJob {
  readonly out: string;
  readonly frames: number;
  readonly commands: CommandSource;
}

/** What it says. */
export type RenderReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly meta: PersonMeta; readonly tookMs: number }
  /** Another person may succeed where `NO_FACE` stopped this one; nothing helps against the others. */
  | { readonly kind: 'failed'; readonly seed: number; readonly code: ErrorCode; readonly message: string };
