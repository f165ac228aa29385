import type { GeneratorTier, Reenactment } from '../../contract/live-session.ts';
import type { Logger } from '../../log.ts';
import type { GeneratorSetup } from './messages.ts';

/** How the reenactment's child processes are run. */
export interface ReenactmentOptions {
  /** Head file; null for the open head. */
  readonly headPath: string | null;
  /** Folder of the prepared avatars, made where it is missing. Deleting it costs a few seconds an avatar. */
  readonly stateDir: string;
  /** Processes that host sessions. Default: 1 on two cores or fewer, else half as many as cores. */
  readonly workers?: number;
  /**
   * Keep one more process with models loaded, which takes over at once when another dies and prepares avatars
   * meanwhile. Without it a restart takes about a second longer. Default true.
   */
  readonly spare?: boolean;
  /** Sessions at a time; null (default) leaves it to `maxUtilisation`. */
  readonly maxSessions?: number | null;
  /** Refuse a session that is predicted to bring the use of all cores above this, 0..1. Default 0.85. */
  readonly maxUtilisation?: number;
  /**
   * A process with sessions that answers nothing for so long is killed and replaced, unless it was only waiting for a
   * core; one without sessions after eight times as long. Default 1000.
   */
  readonly hangMs?: number;
  /** How sessions are drawn beside the geometric generator; null (default): they are not. */
  readonly generator?: GeneratorOptions | null;
  readonly log: Logger;
}

export interface GeneratorOptions extends Pick<GeneratorSetup, 'provider' | 'precision' | 'threads'> {
  /** Folder of a model pack; null for the one that ships, where it is there. */
  readonly pack: string | null;
  /** Denoising steps a frame at most; null for the pack's own. */
  readonly steps: number | null;
  /** What sessions begin with; `diffusion` needs a pack. */
  readonly default: GeneratorTier;
}

/** One process of the reenactment, as metrics show it. */
export interface ProcessSnapshot {
  /** `reenactment-1` upwards, `reenactment-spare`: stable across restarts. */
  readonly name: string;
  readonly pid: number;
  readonly rssBytes: number;
  /** User and system time since this process began. */
  readonly cpuSeconds: number;
  readonly sessions: number;
}

/** The reenactment at one moment. Counters only grow while the server runs. */
export interface ReenactmentSnapshot {
  readonly processes: readonly ProcessSnapshot[];
  readonly sessions: number;
  /** Use of all cores that is measured now, and predicted with one session more; 0..1 and above. */
  readonly utilisation: number;
  readonly predictedUtilisation: number;
  readonly restarts: { readonly crash: number; readonly hang: number };
  readonly refusals: number;
  /** Messages to a process that could not keep up, by kind. */
  readonly droppedMessages: Readonly<Record<string, number>>;
}

/** {@link Reenactment} by supervised child processes. */
export interface SupervisedReenactment extends Reenactment {
  /** False while no process can take a session: for readiness probes. */
  readonly ready: boolean;
  snapshot(): ReenactmentSnapshot;
  /** Prepares avatars that are likely to be used, one after the other, when nothing else is to be done. */
  warm(avatarPaths: readonly string[], sizePx?: 256 | 512): void;
  /** Deletes what was prepared from a picture: call it before the picture is deleted. */
  forget(avatarPath: string): Promise<void>;
  /** Ends all sessions and processes; whatever is pending rejects with `SHUTTING_DOWN`. Idempotent. */
  shutdown(): Promise<void>;
}
