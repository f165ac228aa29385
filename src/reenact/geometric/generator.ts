import { LokiError } from '../../errors.ts';
import { stampOf, type VideoFrame } from '../frame.ts';
import type { Generator, MotionFrame } from '../generator.ts';
import { overshootTurn } from './overshoot.ts';
import { buildWarpRig, type WarpRigSource } from './rig.ts';
import { warp } from './warp.ts';

/**
 * The generator without a network: the portrait itself, warped by the head model, with its eyes, lids and mouth
 * composited. Building it takes a few seconds; a frame takes milliseconds on the calling thread.
 */
export function createGeometricGenerator(source: WarpRigSource): Generator {
  const rig = buildWarpRig(source);
  let closed = false;
  return {
    name: 'geometric',
    async generate(motion: MotionFrame): Promise<VideoFrame> {
      if (closed) throw new LokiError('CANCELLED', 'The generator is closed.');
      const { width, height, data } = warp(
        rig,
        overshootTurn(motion.coefficients, source.reference.coefficients),
      );
      // A frame may still wait for the encoder while the next is made: it must own its pixels.
      return { ...stampOf(motion), image: { width, height, data: data.slice() } };
    },
    async close(): Promise<void> {
      closed = true;
    },
  };
}
