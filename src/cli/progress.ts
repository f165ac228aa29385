import cliProgress from 'cli-progress';

/** How far a job is, for a person to read. */
export interface Progress {
  phase(name: string): void;
  frame(done: number, total: number): void;
  /** A line that is not progress: a warning, a result. */
  line(text: string): void;
  /** Ends the bar; further calls print plain lines. */
  stop(): void;
}

export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Between two plain lines about frames. */
const LINE_EVERY_MS = 3000;
/** The rate is that of the last frames: the first ones pay for the start of everything. */
const RATE_WINDOW_MS = 4000;

/**
 * A bar with frames, frames a second and time left where the output is a terminal, plain lines elsewhere.
 * @param nowMs clock, milliseconds
 */
export function createProgress(
  output: ProgressOutput,
  nowMs: () => number = () => performance.now(),
): Progress {
  return output.isTTY === true ? new BarProgress(output, nowMs) : new LineProgress(output, nowMs);
}

class BarProgress implements Progress {
  readonly #output: ProgressOutput;
  readonly #rate: Rate;
  #bar: cliProgress.SingleBar | null = null;

  constructor(output: ProgressOutput, nowMs: () => number) {
    this.#output = output;
    this.#rate = new Rate(nowMs);
  }

  phase(name: string): void {
    this.stop();
    this.#output.write(`${name} ...\n`);
  }

  frame(done: number, total: number): void {
    if (this.#bar === null) {
      this.#bar = new cliProgress.SingleBar({
        stream: this.#output as NodeJS.WritableStream,
        format: '[{bar}] {value}/{total} frames  {fps} fps  {left} left',
        barCompleteChar: '=',
        barIncompleteChar: ' ',
        barsize: 30,
        fps: 8,
        hideCursor: true,
        clearOnComplete: false,
        // The bar is stopped by its owner, so that a signal handler of its own would only be in the way.
        gracefulExit: false,
      });
      this.#bar.start(total, 0, { fps: '-', left: '-' });
    }
    this.#rate.add(done);
    this.#bar.update(done, { fps: this.#rate.text(), left: this.#rate.leftText(total - done) });
  }

  line(text: string): void {
    this.stop();
    this.#output.write(`${text}\n`);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = null;
  }
}

class LineProgress implements Progress {
  readonly #output: ProgressOutput;
  readonly #nowMs: () => number;
  readonly #rate: Rate;
  #lastMs: number;

  constructor(output: ProgressOutput, nowMs: () => number) {
    this.#output = output;
    this.#nowMs = nowMs;
    this.#rate = new Rate(nowMs);
    this.#lastMs = nowMs();
  }

  phase(name: string): void {
    this.#output.write(`${name} ...\n`);
    this.#lastMs = this.#nowMs();
  }

  frame(done: number, total: number): void {
    this.#rate.add(done);
    if (done < total && this.#nowMs() - this.#lastMs < LINE_EVERY_MS) return;
    this.#lastMs = this.#nowMs();
    const left = done < total ? `, ${this.#rate.leftText(total - done)} left` : '';
    this.#output.write(`${done}/${total} frames, ${this.#rate.text()} fps${left}\n`);
  }

  line(text: string): void {
    this.#output.write(`${text}\n`);
  }

  stop(): void {}
}

/** Frames a second over the last seconds. */
class Rate {
  readonly #nowMs: () => number;
  readonly #marks: { atMs: number; done: number }[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(done: number): void {
    const atMs = this.#nowMs();
    this.#marks.push({ atMs, done });
    while (this.#marks.length > 2 && this.#marks[0].atMs < atMs - RATE_WINDOW_MS) this.#marks.shift();
  }

  text(): string {
    const perSecond = this.#perSecond();
    return Number.isNaN(perSecond) ? '-' : perSecond.toFixed(perSecond < 10 ? 1 : 0);
  }

  leftText(frames: number): string {
    const seconds = Math.round(frames / this.#perSecond());
    if (!Number.isFinite(seconds)) return '-';
    const minutes = Math.floor(seconds / 60);
    return minutes > 0 ? `${minutes} min ${String(seconds % 60).padStart(2, '0')} s` : `${seconds} s`;
  }

  #perSecond(): number {
    const first = this.#marks[0];
    const last = this.#marks[this.#marks.length - 1];
    if (first === undefined || last.atMs <= first.atMs) return Number.NaN;
    return (1000 * (last.done - first.done)) / (last.atMs - first.atMs);
  }
}
