import { LokiError } from '../../errors.ts';
import { stampOf, type VideoFrame } from '../frame.ts';
import type { Generator, MotionFrame, Rgb } from '../generator.ts';
import { PixelPool } from '../pixel-pool.ts';
import { type Backdrop, backdropOf, contrastTo } from './backdrop.ts';
import { buildWarpRig, type WarpRig, type WarpRigSource } from './rig.ts';
import { warp } from './warp.ts';

/** The geometric generator, for callers who have to go on with the rig before anybody else uses it. */
export interface GeometricGenerator extends Generator {
  /** `generate`, at once. @throws LokiError CANCELLED once closed */
  draw(motion: MotionFrame): VideoFrame;
  /**
   * The flat colour behind the frame that `draw` has just made of the same motion, and what covers it, for whoever puts
   * another person before it; null where it is the portrait's own background. Draws a second time.
   */
  backdrop(motion: MotionFrame, frame: VideoFrame): Backdrop | null;
}

/**
 * The generator without a network: the portrait itself, warped by the head model, with its eyes, lids and mouth
 * composited. Building it takes a few seconds; a frame takes milliseconds on the calling thread.
 */
export function createGeometricGenerator(source: WarpRigSource): GeometricGenerator {
  return generatorOf(buildWarpRig(source));
}

/** The same for a rig that is there already, as from a rig file. The rig is the generator's own from now on. */
export function generatorOf(rig: WarpRig): GeometricGenerator {
  let closed = false;
  let plate = rig.plate;
  let flat: { readonly rgb: Rgb; readonly other: Rgb; readonly otherPlate: Uint32Array } | null = null;
  const plateOf = (rgb: Rgb) => new Uint32Array(rig.plate.length).fill(packOpaque(rgb));
  const pool = new PixelPool();
  return {
    name: 'geometric',
    async generate(motion: MotionFrame): Promise<VideoFrame> {
      return this.draw(motion);
    },
    draw(motion: MotionFrame): VideoFrame {
      if (closed) throw new LokiError('CANCELLED', 'The generator is closed.');
      const { width, height, data } = warp(rig, motion.coefficients, plate);
      // A frame may still wait for the encoder while the next is made: it must own its pixels.
      const pixels = pool.take(data.length);
      pixels.set(data);
      return { ...stampOf(motion), image: { width, height, data: pixels } };
    },
    backdrop({ coefficients }, { image }): Backdrop | null {
      if (flat === null) return null;
      return backdropOf(image, flat.rgb, warp(rig, coefficients, flat.otherPlate), flat.other);
    },
    recycle({ data }): void {
      pool.give(data);
    },
    setBackground(rgb): void {
      plate = rgb === null ? rig.plate : plateOf(rgb);
      const other = rgb === null ? null : contrastTo(rgb);
      flat = rgb === null || other === null ? null : { rgb, other, otherPlate: plateOf(other) };
    },
    async close(): Promise<void> {
      closed = true;
    },
  };
}

/** Little-endian RGBA, as the raster has its pixels. */
function packOpaque([red, green, blue]: Rgb): number {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
