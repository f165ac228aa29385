import type { VideoFrame } from '../frame.ts';
import type { Backdrop } from '../geometric/backdrop.ts';
import { smoothBehindLips } from './behind-lips.ts';
import { addChange, blendPicture } from './composite.ts';
import type { FramePlace } from './frame-inputs.ts';
import type { PackLayout } from './pack/contract.ts';
import type { FrameExchange } from './runtime/inference-messages.ts';

/**
 * How much of a window's change is added. Networks trained for the least squared error are right in the mean, and smooth what a tracker reads a
 * turn from: with this much, turns read nearer to the driver's, and nine tenths of what a picture gains by the change stay.
 */
export const REPAIR_STRENGTH = 0.7;

/**
 * Puts what the networks made into the frame.
 *
 * @param weight of it, 0..1; all of a window's is {@link REPAIR_STRENGTH}
 * @param backdrop a flat colour that whole pictures have to leave
 */
export function applyChange(
  { image }: VideoFrame,
  { window, opening }: FramePlace,
  { kind, resolution }: PackLayout,
  { changes }: FrameExchange,
  index: number,
  weight: number,
  backdrop: Backdrop | null,
): void {
  const at = index * resolution ** 2 * 3;
  if (kind === 'window') {
    if (opening !== null) smoothBehindLips(changes, at, resolution, window, opening);
    addChange(image, window, changes, at, resolution, weight * REPAIR_STRENGTH);
  } else blendPicture(image, changes, at, resolution, weight, backdrop);
}

/** How much of a picture networks have repaired that is shown with `weight` of their change, 0..1. */
export function repairedShare({ kind }: PackLayout, weight: number): number {
  return kind === 'window' ? REPAIR_STRENGTH * weight : 0;
}
