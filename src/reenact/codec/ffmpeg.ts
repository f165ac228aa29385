import { AV_LOG_QUIET, AV_LOG_WARNING, AV_NOPTS_VALUE } from 'node-av/constants';
import { FFmpegError, Log, type Rational } from 'node-av/lib';

// FFmpeg talks to stderr of its own accord; what matters reaches the user as an error of ours.
Log.setLevel(AV_LOG_QUIET);

/** Lets FFmpeg's own warnings through to stderr, or silences them (the default). */
export function setFfmpegVerbose(verbose: boolean): void {
  Log.setLevel(verbose ? AV_LOG_WARNING : AV_LOG_QUIET);
}

/** A call into FFmpeg that returned a negative code. */
export class FfmpegCallError extends Error {
  readonly averror: number;

  constructor(what: string, averror: number) {
    super(`${what}: ${describe(averror)}`);
    this.name = 'FfmpegCallError';
    this.averror = averror;
  }
}

/** FFmpeg's words for an error code. */
export function describe(averror: number): string {
  return FFmpegError.strerror(averror);
}

/** Passes a non-negative return code on. @throws FfmpegCallError on a negative one. */
export function must(code: number, what: string): number {
  if (code < 0) throw new FfmpegCallError(what, code);
  return code;
}

/** A stamp in milliseconds; NaN where FFmpeg knows none. */
export function stampMs(stamp: bigint, timeBase: Rational): number {
  return stamp === AV_NOPTS_VALUE ? Number.NaN : (Number(stamp) * timeBase.num * 1000) / timeBase.den;
}
