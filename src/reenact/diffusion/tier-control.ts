/** What a frame took, ms. */
export interface DrawnFrame {
  /**
   * From one frame to the next, if frames came as fast as they are made: while the networks draw one the next is warped, so
   * it is the longer of what the calling thread and the networks have to do for one.
   */
  readonly paceMs: number;
  /** One denoising step; NaN where no network ran. */
  readonly stepMs: number;
}

export interface TierControlOptions {
  /** Denoising steps to choose from, the most first; 0, the geometric generator, comes behind them by itself. */
  readonly ladder: readonly number[];
  /** From one frame of the driver to the next, ms. */
  readonly frameMs: number;
}

/** A tier whose frames take a larger part of the time between two is too slow: the slower of two threads soon falls behind. */
const SLOW_SHARE = 0.95;
/** One is tried again only if its frames are expected to take less than this. */
const FAST_SHARE = 0.6;
/** Weight of the newest frame in the mean, about the last ten. */
const NEWEST = 0.15;
/** Frames after a change that say nothing: caches and pipelines fill. */
const SETTLE_FRAMES = 12;
/** Before a better tier is tried; doubles when one that was tried had to go again. */
const HOLD_MS = 5_000;
const MAX_HOLD_MS = 640_000;
/** A better tier that lasted so long was right. */
const PROVEN_MS = 20_000;
/** Use of all cores above which streams stutter, and below which there is room. */
const FULL = 0.96;
const ROOMY = 0.8;
/** Reports in a row that count. */
const REPORTS = 3;

/**
 * Decides how many denoising steps a session's frames get, from how long they take and how busy the machine is: down
 * before frames come late, up again with patience, so that a machine at its limit does not swing to and fro. Pure:
 * times come from outside.
 */
export class TierControl {
  readonly #ladder: readonly number[];
  readonly #frameMs: number;
  #level = 0;
  #meanMs = Number.NaN;
  #stepMs = Number.NaN;
  #frames = 0;
  #changedMs = Number.NEGATIVE_INFINITY;
  #raisedMs = Number.NEGATIVE_INFINITY;
  #holdMs = HOLD_MS;
  #fullReports = 0;
  #roomyReports = REPORTS;

  constructor({ ladder, frameMs }: TierControlOptions) {
    this.#ladder = [...ladder, 0];
    this.#frameMs = frameMs;
  }

  /** Denoising steps of the next frame; 0 is the geometric generator. */
  get steps(): number {
    return this.#ladder[this.#level];
  }

  drawn(nowMs: number, { paceMs, stepMs }: DrawnFrame): void {
    if (++this.#frames <= SETTLE_FRAMES) return;
    this.#meanMs = mean(this.#meanMs, paceMs);
    if (!Number.isNaN(stepMs)) this.#stepMs = mean(this.#stepMs, stepMs);
    if (Number.isFinite(this.#raisedMs) && nowMs - this.#raisedMs > PROVEN_MS) this.#holdMs = HOLD_MS;
    if (this.#meanMs > SLOW_SHARE * this.#frameMs) this.#lower(nowMs, this.#level + 1);
    else if (this.#mayRaise(nowMs)) this.#raise(nowMs);
  }

  /** @param utilisation share of all cores in use, 0..1 and above; about once a second */
  pressed(nowMs: number, utilisation: number): void {
    this.#fullReports = utilisation > FULL ? this.#fullReports + 1 : 0;
    this.#roomyReports = utilisation < ROOMY ? this.#roomyReports + 1 : 0;
    if (this.#fullReports < REPORTS) return;
    this.#fullReports = 0;
    this.#lower(nowMs, this.#level + 1);
  }

  /** The networks could not draw: geometric at once. */
  failed(nowMs: number): void {
    this.#lower(nowMs, this.#ladder.length - 1);
  }

  #mayRaise(nowMs: number): boolean {
    if (this.#level === 0 || nowMs - this.#changedMs < this.#holdMs || this.#roomyReports < REPORTS)
      return false;
    const more = this.#ladder[this.#level - 1] - this.steps;
    // What a step took before the networks were left out may have been the load's doing: it has to be tried.
    const expectedMs = this.steps === 0 ? this.#meanMs : this.#meanMs + more * this.#stepMs;
    return expectedMs < FAST_SHARE * this.#frameMs;
  }

  #raise(nowMs: number): void {
    this.#raisedMs = nowMs;
    this.#change(nowMs, this.#level - 1);
  }

  #lower(nowMs: number, level: number): void {
    const to = Math.min(level, this.#ladder.length - 1);
    if (nowMs - this.#raisedMs <= PROVEN_MS) this.#holdMs = Math.min(MAX_HOLD_MS, 2 * this.#holdMs);
    this.#raisedMs = Number.NEGATIVE_INFINITY;
    if (to !== this.#level) this.#change(nowMs, to);
    else this.#changedMs = nowMs;
  }

  #change(nowMs: number, level: number): void {
    this.#level = level;
    this.#changedMs = nowMs;
    this.#meanMs = Number.NaN;
    this.#frames = 0;
  }
}

function mean(before: number, value: number): number {
  return Number.isNaN(before) ? value : before + NEWEST * (value - before);
}
