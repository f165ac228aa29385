/** One-Euro filter (Casiez, Roussel and Vogel, "1€ filter", CHI 2012): a low pass that opens with speed. */
export interface OneEuroOptions {
  /** Cutoff at rest, Hz: lower is calmer. `Infinity` lets everything through. */
  readonly minCutoffHz: number;
  /** Hz of cutoff for every unit a second of speed: higher follows faster. */
  readonly speedGain: number;
  /** Cutoff of the speed's own low pass, Hz. */
  readonly speedCutoffHz: number;
}

/** Share of a new value that a first-order low pass of `cutoffHz` takes after `seconds`. */
export function lowPassShare(cutoffHz: number, seconds: number): number {
  if (cutoffHz === Number.POSITIVE_INFINITY) return 1;
  return 1 / (1 + 1 / (2 * Math.PI * cutoffHz * seconds));
}

/** A bank of filters with the same options, one a channel. */
export class OneEuroBank {
  /** `[channels]` filtered values; the first call of `step` sets them. */
  readonly values: Float64Array;
  private readonly speeds: Float64Array;
  private started = false;

  constructor(
    channels: number,
    private readonly options: OneEuroOptions,
  ) {
    this.values = new Float64Array(channels);
    this.speeds = new Float64Array(channels);
  }

  /** Takes `input[at..at + channels)` measured `seconds` after the last. */
  step(input: ArrayLike<number>, at: number, seconds: number): void {
    const { values, speeds, options } = this;
    const speedShare = lowPassShare(options.speedCutoffHz, seconds);
    for (let channel = 0; channel < values.length; channel++) {
      const value = input[at + channel];
      if (!this.started) {
        values[channel] = value;
        continue;
      }
      const speed = (value - values[channel]) / seconds;
      speeds[channel] += speedShare * (speed - speeds[channel]);
      const cutoffHz = options.minCutoffHz + options.speedGain * Math.abs(speeds[channel]);
      values[channel] += lowPassShare(cutoffHz, seconds) * (value - values[channel]);
    }
    this.started = true;
  }

  reset(): void {
    this.started = false;
    this.speeds.fill(0);
  }
}
