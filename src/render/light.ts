import type { Rgb } from './colour.ts';

/** Light from far away. */
export interface DistantLight {
  /** Unit vector from the scene towards the light, camera frame. */
  readonly direction: readonly [number, number, number];
  /** Radiance times solid angle, over π: a white surface that faces it gets this colour. */
  readonly colour: Rgb;
}

/** All the light on the subject. */
export interface LightRig {
  /** Casts shadows. */
  readonly key: DistantLight;
  readonly fill: DistantLight;
  /** From behind: draws the outline of hair and cheek. */
  readonly rim: DistantLight;
  /** Light from above and from below, without direction. */
  readonly sky: Rgb;
  readonly ground: Rgb;
}

/** Direction towards a light: `azimuthDeg` to the image's right of the camera, `elevationDeg` above it. */
export function lightDirection(azimuthDeg: number, elevationDeg: number): [number, number, number] {
  const azimuth = (azimuthDeg * Math.PI) / 180;
  const elevation = (elevationDeg * Math.PI) / 180;
  return [
    Math.sin(azimuth) * Math.cos(elevation),
    Math.sin(elevation),
    Math.cos(azimuth) * Math.cos(elevation),
  ];
}

export function createLight(azimuthDeg: number, elevationDeg: number, colour: Rgb): DistantLight {
  return { direction: lightDirection(azimuthDeg, elevationDeg), colour };
}
