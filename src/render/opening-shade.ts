import type { HeadPart } from '../reenact/head/head-model.ts';
import { partIndex } from './head-surface.ts';
import type { SampleBuffer } from './rasterise.ts';
import type { RenderScene } from './scene.ts';

/**
 * How dark it is just inside the openings of the face, a pixel: lids and lips shade what lies behind their edges.
 * 1 in the open, towards 0 at the edge; a blurred picture of where eyes (or mouth interior) show.
 */
export interface OpeningShade {
  /** `[height, width]`. */
  readonly eyes: Float32Array;
  readonly mouth: Float32Array;
}

const MOUTH: readonly HeadPart[] = ['mouthBag', 'teethUpper', 'teethLower', 'tongue'];
const EYES: readonly HeadPart[] = ['eyeLeft', 'eyeRight'];

export function openingShade(scene: RenderScene, buffer: SampleBuffer): OpeningShade {
  const pixelsPerM = scene.camera.focalPx / Math.max(0.05, -scene.coefficients.translation[2]);
  return {
    eyes: blurredShare(scene, buffer, EYES, 0.0019 * pixelsPerM, 0.0012 * pixelsPerM),
    mouth: blurredShare(scene, buffer, MOUTH, 0.004 * pixelsPerM, 0.002 * pixelsPerM),
  };
}

/** Box blur of radius `radiusPx` of the share of each pixel that shows one of `parts`, read `upPx` higher. */
function blurredShare(
  scene: RenderScene,
  buffer: SampleBuffer,
  parts: readonly HeadPart[],
  radiusPx: number,
  upPx: number,
): Float32Array {
  const { width, height, samples, subject } = scene;
  const { surface } = subject;
  const wanted = new Uint8Array(256);
  for (const part of parts) {
    const index = partIndex(surface.model, part);
    if (index >= 0) wanted[index] = 1;
  }
  const middle = samples >> 1;
  // Summed-area table, one row and column of zeros in front.
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      const triangle = buffer.triangle[(y * samples + middle) * buffer.width + x * samples + middle];
      if (triangle >= 0 && wanted[surface.parts[triangle]] === 1) row++;
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
    }
  }
  const radius = Math.max(1, Math.round(radiusPx));
  const up = Math.round(upPx);
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const top = Math.min(height, Math.max(0, y - up - radius));
    const bottom = Math.min(height, Math.max(0, y - up + radius + 1));
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - radius);
      const right = Math.min(width, x + radius + 1);
      const area = Math.max(1, (bottom - top) * (right - left));
      out[y * width + x] =
        (sums[bottom * (width + 1) + right] -
          sums[top * (width + 1) + right] -
          sums[bottom * (width + 1) + left] +
          sums[top * (width + 1) + left]) /
        area;
    }
  }
  return out;
}
