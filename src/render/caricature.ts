import type { ShapedHead } from '../reenact/head/head-model.ts';
import { smoothstep } from './colour.ts';

/**
 * A head with larger eyes and a larger skull than anatomy allows, for drawn characters. Everything near an eyeball
 * grows about its middle, so lids and lashes keep fitting; joints stay where they are.
 * @param eyes Growth of the eyes, 0.4 is 40 %.
 * @param head Growth of the head over the neck.
 */
export function exaggerate(shaped: ShapedHead, eyes: number, head: number): ShapedHead {
  const vertices = Float32Array.from(shaped.vertices);
  const joints = Float32Array.from(shaped.joints);
  const apart = Math.hypot(joints[9] - joints[12], joints[10] - joints[13], joints[11] - joints[14]);
  grow(vertices, joints, eyes, apart);
  // The head's middle is between the ears; the neck joint below it stays.
  const pivotY = joints[4];
  const scaleAt = (y: number): number => 1 + head * smoothstep(pivotY - 0.3 * apart, pivotY + 1.2 * apart, y);
  for (const points of [vertices, joints]) {
    for (let i = 0; i < points.length; i += 3) {
      const scale = scaleAt(points[i + 1]);
      points[i] *= scale;
      points[i + 1] = pivotY + (points[i + 1] - pivotY) * scale;
      points[i + 2] = joints[5] + (points[i + 2] - joints[5]) * scale;
    }
  }
  return { ...shaped, vertices, joints };
}

function grow(vertices: Float32Array, joints: Float32Array, eyes: number, apart: number): void {
  for (let i = 0; i < vertices.length; i += 3) {
    // The nearer eye, by side.
    const joint = vertices[i] > 0 ? 9 : 12;
    const dx = vertices[i] - joints[joint];
    const dy = vertices[i + 1] - joints[joint + 1];
    const dz = vertices[i + 2] - joints[joint + 2];
    const distance = Math.hypot(dx, dy, dz) / apart;
    // Past the middle line the two eyes would tear the nose apart.
    const amount =
      eyes * (1 - smoothstep(0.3, 0.62, distance)) * smoothstep(0.02, 0.22, Math.abs(vertices[i]) / apart);
    vertices[i] += dx * amount;
    vertices[i + 1] += dy * amount;
    vertices[i + 2] += dz * amount;
  }
}
