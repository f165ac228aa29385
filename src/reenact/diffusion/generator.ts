import type { GeneratorTier, InferenceReport } from '../../contract/live-session.ts';
import { LokiError } from '../../errors.ts';
import { SlotQueue } from '../../slot-queue.ts';
import type { VideoFrame } from '../frame.ts';
import type { Generator, MotionFrame, Rgb } from '../generator.ts';
import type { Backdrop } from '../geometric/backdrop.ts';
import { type GeometricGenerator, generatorOf } from '../geometric/generator.ts';
import type { WarpRig } from '../geometric/rig.ts';
import type { HeadModel } from '../head/head-model.ts';
import { applyChange, repairedShare } from './apply-change.ts';
import { CrossFade } from './cross-fade.ts';
import { FrameInputs, type FramePlace } from './frame-inputs.ts';
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
 * replaced by a pack that makes whole pictures, one frame at a time. It never fails for want of networks: while there are
 * none, or no time, it is the geometric generator, and it goes from one to the other without a jump.
 */
export function createDiffusionGenerator(
  parts: DiffusionGeneratorParts,
  control: StepControl,
  now: () => number = () => performance.now(),
): Generator {
  return new LiveDiffusion(parts, control, now);
}

/** A frame that the networks are to repair, as the rig left it. */
interface PlacedFrame {
  readonly seat: TakenSeat;
  readonly place: FramePlace;
  readonly backdrop: Backdrop | null;
}

interface RepairTimes {
  /** On the calling thread. */
  readonly ownMs: number;
  /** The networks', or waiting for them: no other frame of this stream is with them meanwhile. */
  readonly turnMs: number;
  /** NaN where no network ran: the frame stayed as it was. */
  readonly stepMs: number;
}

const GEOMETRIC: RepairTimes = { ownMs: 0, turnMs: 0, stepMs: Number.NaN };

class LiveDiffusion implements Generator {
  readonly #geometric: GeometricGenerator;
  readonly #control: StepControl;
  readonly #now: () => number;
  readonly #engines: EngineSource;
  readonly #fade = new CrossFade();
  readonly #turns = new SlotQueue(2);
  readonly #seat: StreamSeat;
  readonly #makeInputs: () => FrameInputs;
  #made: FrameInputs | null = null;
  #tier: GeneratorTier = 'geometric';
  #drawnSteps = 0;
  /** When the networks were done with the latest frame. */
  #drawnMs = Number.NEGATIVE_INFINITY;

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

  get inFlight(): number {
    return this.#drawnSteps > 0 ? 2 : 1;
  }

  get repaired(): number {
    const { current } = this.#engines;
    return current === null ? 0 : repairedShare(current.pack.layout, this.#fade.weight);
  }

  /** The next frame may be asked for at once: it is warped, and laid out for the networks, while they still draw this one. */
  async generate(motion: MotionFrame): Promise<VideoFrame> {
    const beganMs = this.#now();
    const frame = this.#geometric.draw(motion);
    // Sessions may share the rig: what it says of this frame is read before anything is waited for.
    const placed = this.#place(motion, frame);
    const drawMs = this.#now() - beganMs;
    return this.#turns.run(async (slot) => {
      await this.#finish(motion, frame, placed, drawMs, slot);
      return frame;
    });
  }

  /** Null where the networks have nothing to do with this frame. */
  #place(motion: MotionFrame, frame: VideoFrame): PlacedFrame | null {
    const seat = this.#wanted > 0 || this.#fade.weight > 0 ? this.#seat.current : null;
    if (seat === null) return null;
    const { layout } = seat.engine.pack;
    const backdrop = layout.kind === 'frame' ? this.#geometric.backdrop(motion, frame) : null;
    return { seat, place: this.#inputs.place(frame, layout), backdrop };
  }

  /** Steps of the next frame. */
  get #wanted(): number {
    return this.#tier === 'diffusion' ? this.#control.steps : 0;
  }

  /** Once the frames before but one are through. @param slot of the two that are with the networks, or wait for them */
  async #finish(
    motion: MotionFrame,
    frame: VideoFrame,
    placed: PlacedFrame | null,
    drawMs: number,
    slot: number,
  ): Promise<void> {
    const wanted = this.#wanted;
    const seated = placed !== null && placed.seat === this.#seat.current ? placed : null;
    if (seated === null) this.#fade.cut();
    const weight = this.#fade.advance(seated !== null && wanted > 0 ? 1 : 0, motion.ptsMs);
    // While it fades away the networks still draw, as little as they can.
    const steps = seated === null || weight === 0 ? 0 : Math.max(1, wanted);
    const times =
      seated === null || steps === 0
        ? GEOMETRIC
        : await this.#repair(motion, frame, seated, steps, weight, slot);
    this.#drawnSteps = Number.isNaN(times.stepMs) ? 0 : steps;
    if (this.#tier !== 'diffusion') return;
    const { ownMs, turnMs, stepMs } = times;
    this.#control.drawn(this.#now(), { paceMs: Math.max(drawMs + ownMs, turnMs), stepMs });
  }

  async #repair(
    { coefficients }: MotionFrame,
    frame: VideoFrame,
    { seat, place, backdrop }: PlacedFrame,
    steps: number,
    weight: number,
    slot: number,
  ): Promise<RepairTimes> {
    const exchange = seat.stream.exchanges[slot];
    const { cuts } = this.#fade;
    const { layout } = seat.engine.pack;
    const beganMs = this.#now();
    try {
      this.#inputs.write(coefficients, frame, place, layout, exchange, 0);
      const writtenMs = this.#now();
      const { denoiseMs } = await seat.stream.run(1, steps, slot);
      const drawnMs = this.#now();
      const turnMs = drawnMs - Math.max(writtenMs, this.#drawnMs);
      this.#drawnMs = drawnMs;
      // The frame before may have failed meanwhile: this one does not go back to what the viewer has just lost.
      if (this.#fade.cuts !== cuts) return GEOMETRIC;
      this.#engines.worked(seat.engine);
      applyChange(frame, place, layout, exchange, 0, weight, backdrop);
      const ownMs = writtenMs - beganMs + this.#now() - drawnMs;
      return { ownMs, turnMs, stepMs: denoiseMs / steps };
    } catch (error) {
      if (!(error instanceof LokiError)) throw error;
      // The frame before has told.
      if (this.#fade.cuts !== cuts) return GEOMETRIC;
      this.#engines.failed(seat.engine, error);
      this.#control.failed(this.#now());
      this.#fade.cut();
      return GEOMETRIC;
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
