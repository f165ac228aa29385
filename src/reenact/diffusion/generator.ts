import type { GeneratorTier, InferenceReport } from '../../contract/live-session.ts';
import { LokiError } from '../../errors.ts';
import type { VideoFrame } from '../frame.ts';
import type { Generator, MotionFrame, Rgb } from '../generator.ts';
import { type GeometricGenerator, generatorOf } from '../geometric/generator.ts';
import type { WarpRig } from '../geometric/rig.ts';
import type { HeadModel } from '../head/head-model.ts';
import { CrossFade } from './cross-fade.ts';
import { applyChange, FrameInputs } from './frame-inputs.ts';
import { portraitInput } from './portrait-input.ts';
import type { EngineSource } from './runtime/engine-keeper.ts';
import { type IdentityShelf, StreamSeat, type TakenSeat } from './stream-seat.ts';
import type { TierControl } from './tier-control.ts';

export interface DiffusionGeneratorParts {
  readonly model: HeadModel;
  /** The avatar's; may be shared with other generators of this thread. */
  readonly rig: WarpRig;
  readonly engines: EngineSource;
  readonly shelf: IdentityShelf | null;
  /** Of the noise: the same seed and motion give the same pictures. */
  readonly seed: number;
}

/** What decides how many denoising steps a frame gets. */
export type StepControl = Pick<TierControl, 'steps' | 'drawn' | 'pressed' | 'failed'>;

/**
 * The generator for live streams: the warped portrait, repaired by a model pack inside a window that follows the face, or
 * replaced by a pack that makes whole pictures, one frame at a time. It never fails for want of networks: while there are none, or no time, it is the geometric
 * generator, and it goes from one to the other without a jump.
 */
export function createDiffusionGenerator(
  parts: DiffusionGeneratorParts,
  control: StepControl,
  now: () => number = () => performance.now(),
): Generator {
  return new LiveDiffusion(parts, control, now);
}

class LiveDiffusion implements Generator {
  readonly #geometric: GeometricGenerator;
  readonly #control: StepControl;
  readonly #now: () => number;
  readonly #engines: EngineSource;
  readonly #fade = new CrossFade();
  readonly #seat: StreamSeat;
  readonly #makeInputs: () => FrameInputs;
  #made: FrameInputs | null = null;
  #tier: GeneratorTier = 'geometric';
  #drawnSteps = 0;

  constructor(parts: DiffusionGeneratorParts, control: StepControl, now: () => number) {
    this.#geometric = generatorOf(parts.rig);
    this.#control = control;
    this.#now = now;
    this.#engines = parts.engines;
    this.#makeInputs = () => new FrameInputs(parts.model, parts.rig);
    this.#seat = new StreamSeat({
      ...parts,
      frames: 1,
      portrait: (layout) => portraitInput(parts.rig, this.#inputs.raster, layout),
      onFailed: () => control.failed(now()),
    });
  }

  /** Made when the networks are first asked: a session that stays geometric needs none. */
  get #inputs(): FrameInputs {
    this.#made ??= this.#makeInputs();
    return this.#made;
  }

  get name(): string {
    return this.#fade.weight > 0 ? this.#engines.packName : 'geometric';
  }

  async generate(motion: MotionFrame): Promise<VideoFrame> {
    const beganMs = this.#now();
    const frame = this.#geometric.draw(motion);
    const wanted = this.#tier === 'diffusion' ? this.#control.steps : 0;
    const seat = wanted > 0 || this.#fade.weight > 0 ? this.#seat.current : null;
    if (seat === null) this.#fade.cut();
    const weight = this.#fade.advance(seat !== null && wanted > 0 ? 1 : 0, motion.ptsMs);
    // While it fades away the networks still draw, as little as they can.
    const steps = seat === null || weight === 0 ? 0 : Math.max(1, wanted);
    const stepMs =
      seat === null || steps === 0 ? Number.NaN : await this.#repair(seat, motion, frame, steps, weight);
    this.#drawnSteps = Number.isNaN(stepMs) ? 0 : steps;
    if (this.#tier === 'diffusion')
      this.#control.drawn(this.#now(), { totalMs: this.#now() - beganMs, stepMs });
    return frame;
  }

  /** @returns ms a step, NaN where the frame stays as it was */
  async #repair(
    seat: TakenSeat,
    motion: MotionFrame,
    frame: VideoFrame,
    steps: number,
    weight: number,
  ): Promise<number> {
    const { exchange } = seat.stream;
    const { layout } = seat.engine.pack;
    // Sessions may share the rig: what it says of this frame is read before anything is waited for.
    const place = this.#inputs.write(motion.coefficients, frame, layout, exchange, 0);
    const backdrop = layout.kind === 'frame' ? this.#geometric.backdrop(motion, frame) : null;
    try {
      const { denoiseMs } = await seat.stream.run(1, steps);
      this.#engines.worked(seat.engine);
      applyChange(frame, place, layout, exchange, 0, weight, backdrop);
      return denoiseMs / steps;
    } catch (error) {
      if (!(error instanceof LokiError)) throw error;
      this.#engines.failed(seat.engine, error);
      this.#control.failed(this.#now());
      this.#fade.cut();
      return Number.NaN;
    }
  }

  recycle(image: VideoFrame['image']): void {
    this.#geometric.recycle(image);
  }

  setBackground(rgb: Rgb | null): void {
    this.#geometric.setBackground(rgb);
  }

  choose(tier: GeneratorTier): void {
    this.#tier = tier;
    if (tier === 'diffusion') this.#engines.want();
  }

  pressed(utilisation: number): void {
    if (this.#tier === 'diffusion') this.#control.pressed(this.#now(), utilisation);
  }

  inference(): InferenceReport {
    const { packName, current, problem } = this.#engines;
    return {
      pack: packName,
      provider: current?.info.provider ?? null,
      precision: current?.info.precision ?? '',
      steps: this.#drawnSteps,
      note: problem ?? current?.info.note ?? null,
    };
  }

  async close(): Promise<void> {
    this.#seat.close();
    await this.#geometric.close();
  }
}
