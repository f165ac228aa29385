/**
 * The visible point that a material is asked to shade, and the colour that it answers with. One object is reused for
 * every sample of a picture: nothing is allocated in the shading loop. Camera frame, metres.
 */
export class Fragment {
  /** Position. */
  x = 0;
  y = 0;
  z = 0;
  /** Smooth surface normal, unit. */
  nx = 0;
  ny = 0;
  nz = 1;
  /** Normal with fine relief, unit. */
  bx = 0;
  by = 0;
  bz = 1;
  /** Towards the camera, unit. */
  vx = 0;
  vy = 0;
  vz = 1;
  /** Position on the neutral, unposed surface of this head. */
  restX = 0;
  restY = 0;
  restZ = 0;
  /** Texture coordinates, v up. */
  u = 0;
  v = 0;
  /** Share of the sky that is open, 0..1. */
  openness = 1;
  /** Share of the key light that arrives, 0..1. */
  keyReach = 1;
  /** The same of the rim light. */
  rimReach = 1;
  /** Base colour before shading, linear. */
  albedoR = 0;
  albedoG = 0;
  albedoB = 0;
  /** 0 dull to 1 wet. */
  gloss = 0;
  /** Answer, linear. */
  r = 0;
  g = 0;
  b = 0;
}

/** Fills in the direction towards the camera, which sits at the origin. */
export function faceCamera(f: Fragment): void {
  const length = Math.sqrt(f.x * f.x + f.y * f.y + f.z * f.z);
  f.vx = -f.x / length;
  f.vy = -f.y / length;
  f.vz = -f.z / length;
}
