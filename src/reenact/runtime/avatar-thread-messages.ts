import type { PortraitCheck } from '../../contract/live-session.ts';
import type { ErrorCode } from '../../errors.ts';
import type { AvatarBasis } from './avatar-key.ts';

/** What the thread is started with. */
export interface AvatarThreadData {
  /** Null for the open head. */
  readonly headPath: string | null;
  readonly avatarFolder: string;
  readonly basis: AvatarBasis;
}

/** To the thread; handled in order. */
export type AvatarThreadRequest =
  | { readonly kind: 'prepare'; readonly id: number; readonly path: string; readonly sizePx: number }
  | { readonly kind: 'check'; readonly id: number; readonly path: string }
  /** Leave what has not begun, and end; without an answer. */
  | { readonly kind: 'end' };

/** From the thread, one a request but `end`. */
export type AvatarThreadReply =
  | { readonly kind: 'prepared'; readonly id: number }
  | { readonly kind: 'checked'; readonly id: number; readonly check: PortraitCheck }
  | { readonly kind: 'refused'; readonly id: number; readonly code: ErrorCode; readonly message: string };
