import type { SampleBuffer } from './rasterise.ts';
import type { RenderScene } from './scene.ts';

/** Ink lines where the surface jumps in depth or ends, a quarter of a millimetre of the head wide. */
export function drawOutlines(scene: RenderScene, buffer: SampleBuffer, colour: Float32Array): void {
  const { width, height, nearness, triangle } = buffer;
  const reach = Math.max(1, Math.round((scene.samples * (scene.partOf?.width ?? scene.width)) / 520));
  for (let y = reach; y < height - reach; y++) {
    for (let x = reach; x < width - reach; x++) {
      const i = y * width + x;
      if (triangle[i] < 0) continue;
      const here = nearness[i];
      let least = here;
      for (let side = 0; side < 4; side++) {
        const other = i + (side & 1 ? reach : -reach) * (side & 2 ? width : 1);
        const near = triangle[other] < 0 ? 0 : nearness[other];
        if (near < least) least = near;
      }
      // Nearness falls by this share over 1.2 cm at arm's length.
      const jump = (here - least) / here;
      if (jump < 0.012) continue;
      const ink = Math.min(0.85, (jump - 0.012) * 60);
      colour[i * 3] *= 1 - ink;
      colour[i * 3 + 1] *= 1 - ink;
      colour[i * 3 + 2] *= 1 - ink * 0.9;
    }
  }
}
