import type { InferenceReport } from '../../contract/live-session.ts';
import { LokiError } from '../../errors.ts';
import { SlotQueue } from '../../slot-queue.ts';
import type { VideoFrame } from '../frame.ts';
import type { ChunkGenerator, Generator, MotionFrame } from '../generator.ts';
import { generatorOf } from '../geometric/generator.ts';
import { applyChange, repairedShare } from './apply-change.ts';
import { FrameInputs } from './frame-inputs.ts';
import type { DiffusionGeneratorParts } from './generator.ts';
import { portraitInput } from './portrait-input.ts';
import type { InferenceEngine, InferenceStream } from './runtime/inference-engine.ts';

/** `stream`: one frame after the other, as live. `chunk`: the pack's whole window of frames together. */
export const SCHEDULES = ['stream', 'chunk'] as const;
export type Schedule = (typeof SCHEDULES)[number];

export interface ClipGeneratorParts extends Pick<DiffusionGeneratorParts, 'model' | 'rig' | 'seed'> {
  /** Closed with the generator. */
  readonly engine: InferenceEngine;
  readonly steps: number;
  readonly schedule: Schedule;
}

/**
 * The generator for clips: every frame is repaired in as many steps as were asked for, and what goes wrong is an error,
 * not a simpler picture.
 *
 * @throws LokiError of the engine
 */
export async function createClipGenerator(parts: ClipGeneratorParts): Promise<Generator> {
  const { model, rig, engine, seed, steps, schedule } = parts;
  const { layout, manifest } = engine.pack;
  const geometric = generatorOf(rig);
  const inputs = new FrameInputs(model, rig);
  const { portrait, map } = portraitInput(rig, inputs.raster, layout);
  const frames = schedule === 'chunk' ? manifest.window.frames : 1;
  const stream: InferenceStream = engine.openStream(await engine.identify(portrait, map), seed, frames);

  const turns = new SlotQueue(stream.exchanges.length);

  async function generate(motions: readonly MotionFrame[]): Promise<VideoFrame[]> {
    const drawn = motions.map((motion) => {
      const frame = geometric.draw(motion);
      const place = inputs.place(frame, layout);
      const backdrop = layout.kind === 'frame' ? geometric.backdrop(motion, frame) : null;
      return { motion, frame, place, backdrop };
    });
    // Frames before these may still be with the networks.
    return turns.run(async (slot) => {
      const exchange = stream.exchanges[slot];
      for (const [index, { motion, frame, place }] of drawn.entries())
        inputs.write(motion.coefficients, frame, place, layout, exchange, index);
      await stream.run(motions.length, steps, slot);
      for (const [index, { frame, place, backdrop }] of drawn.entries())
        applyChange(frame, place, layout, exchange, index, 1, backdrop);
      return drawn.map(({ frame }) => frame);
    });
  }

  const chunk: ChunkGenerator = { frames, generate };
  return {
    name: manifest.name,
    generate: async (motion) => {
      if (schedule === 'chunk') throw new LokiError('INTERNAL', 'This generator makes chunks.');
      return (await generate([motion]))[0];
    },
    ...(schedule === 'chunk' && { chunk }),
    repaired: repairedShare(layout, 1),
    recycle: (image) => geometric.recycle(image),
    setBackground: (rgb) => geometric.setBackground(rgb),
    inference: (): InferenceReport => ({
      pack: manifest.name,
      provider: engine.info.provider,
      precision: engine.info.precision,
      steps,
      note: engine.info.note,
    }),
    close: async () => {
      stream.close();
      await geometric.close();
      await engine.close();
    },
  };
}
