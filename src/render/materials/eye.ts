import { type Rgb, smoothstep } from '../colour.ts';
import type { Fragment } from '../fragment.ts';
import type { LightRig } from '../light.ts';
import { fbm3, noise3 } from '../noise.ts';

/** How an eye looks. */
export interface EyeLook {
  /** Colour of the iris at the pupil and at its rim, linear. */
  readonly irisInner: Rgb;
  readonly irisOuter: Rgb;
  /** Ring at the edge of the iris. */
  readonly limbus: Rgb;
  /** Angle of the iris seen from the middle of the ball, radians: about 0.5. */
  readonly irisRad: number;
  /** Radius of the pupil as a share of the iris: 0.25 to 0.55. */
  readonly pupil: number;
  readonly sclera: Rgb;
  readonly seed: number;
}

/** One posed eyeball. */
export interface EyePose {
  readonly centre: readonly [number, number, number];
  /** Unit gaze axis in the camera frame. */
  readonly axis: readonly [number, number, number];
  /** Unit vector to the ball's own right-hand side, at a right angle to the axis; the iris pattern turns with it. */
  readonly side: readonly [number, number, number];
}

/**
 * Eyeball: sclera with a pinkish rim and faint vessels, iris of radial fibres, limbal ring, pupil, and the mirror
 * image of the lights in a cornea of smaller radius than the ball.
 */
export function shadeEye(f: Fragment, lights: LightRig, eye: EyePose, look: EyeLook): void {
  let dx = f.x - eye.centre[0];
  let dy = f.y - eye.centre[1];
  let dz = f.z - eye.centre[2];
  const radius = Math.sqrt(dx * dx + dy * dy + dz * dz) + 1e-9;
  dx /= radius;
  dy /= radius;
  dz /= radius;
  const cosine = dx * eye.axis[0] + dy * eye.axis[1] + dz * eye.axis[2];
  const polar = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const upX = eye.axis[1] * eye.side[2] - eye.axis[2] * eye.side[1];
  const upY = eye.axis[2] * eye.side[0] - eye.axis[0] * eye.side[2];
  const upZ = eye.axis[0] * eye.side[1] - eye.axis[1] * eye.side[0];
  const around = Math.atan2(
    dx * upX + dy * upY + dz * upZ,
    dx * eye.side[0] + dy * eye.side[1] + dz * eye.side[2],
  );
  const rim = polar / look.irisRad;

  // Sclera: whiter near the iris, pink towards the corners, with vessels.
  const corner = smoothstep(1.2, 2.6, rim);
  const vessel = smoothstep(
    0.55,
    0.95,
    1 - Math.abs(noise3(around * 7, polar * 9, look.seed, look.seed + 5)) * 2.2,
  );
  let r = look.sclera[0] * (1 - 0.08 * corner);
  let g = look.sclera[1] * (1 - (0.2 + 0.12 * vessel) * corner);
  let b = look.sclera[2] * (1 - (0.22 + 0.14 * vessel) * corner);

  if (rim < 1.12) {
    const fibre =
      0.5 +
      0.5 * noise3(Math.cos(around) * 9, Math.sin(around) * 9, rim * 1.6, look.seed) +
      0.45 * noise3(Math.cos(around) * 26, Math.sin(around) * 26, rim * 2.4, look.seed + 1);
    const patches = 0.5 + 0.8 * fbm3(Math.cos(around) * 2, Math.sin(around) * 2, rim * 2, 2, look.seed + 2);
    const outward = smoothstep(look.pupil + 0.05, 0.85, rim + 0.12 * (fibre - 0.5));
    const bright = (0.62 + 0.6 * fibre) * (0.85 + 0.3 * patches);
    let ir = (look.irisInner[0] + (look.irisOuter[0] - look.irisInner[0]) * outward) * bright;
    let ig = (look.irisInner[1] + (look.irisOuter[1] - look.irisInner[1]) * outward) * bright;
    let ib = (look.irisInner[2] + (look.irisOuter[2] - look.irisInner[2]) * outward) * bright;
    // Light that enters the cornea gathers on the side away from the key light.
    const keyX =
      lights.key.direction[0] * eye.side[0] +
      lights.key.direction[1] * eye.side[1] +
      lights.key.direction[2] * eye.side[2];
    const keyY =
      lights.key.direction[0] * upX + lights.key.direction[1] * upY + lights.key.direction[2] * upZ;
    const away = -(Math.cos(around) * keyX + Math.sin(around) * keyY) * smoothstep(0.2, 0.8, rim);
    const caustic = 1 + 0.55 * Math.max(0, away);
    ir *= caustic;
    ig *= caustic;
    ib *= caustic;
    const ring = smoothstep(0.74, 0.98, rim) * 0.85;
    ir += (look.limbus[0] - ir) * ring;
    ig += (look.limbus[1] - ig) * ring;
    ib += (look.limbus[2] - ib) * ring;
    const hole = 1 - smoothstep(look.pupil - 0.035, look.pupil + 0.035, rim);
    ir += (0.004 - ir) * hole;
    ig += (0.004 - ig) * hole;
    ib += (0.004 - ib) * hole;
    const edge = smoothstep(0.95, 1.1, rim);
    r = ir + (r - ir) * edge;
    g = ig + (g - ig) * edge;
    b = ib + (b - ib) * edge;
  }

  // Diffuse light; the sclera scatters within, so it wraps far.
  const o = f.openness;
  const up = 0.5 + 0.5 * dy;
  let lightR = o * (lights.ground[0] + (lights.sky[0] - lights.ground[0]) * up);
  let lightG = o * (lights.ground[1] + (lights.sky[1] - lights.ground[1]) * up);
  let lightB = o * (lights.ground[2] + (lights.sky[2] - lights.ground[2]) * up);
  const shade = 0.25 + 0.75 * o;
  for (let i = 0; i < 2; i++) {
    const light = i === 0 ? lights.key : lights.fill;
    const [lx, ly, lz] = light.direction;
    const falloff =
      Math.max(0, (dx * lx + dy * ly + dz * lz + 0.35) / 1.35) * shade * (i === 0 ? f.keyReach : 1);
    lightR += light.colour[0] * falloff;
    lightG += light.colour[1] * falloff;
    lightB += light.colour[2] * falloff;
  }
  f.r = r * lightR;
  f.g = g * lightG;
  f.b = b * lightB;

  // Cornea: a cap of 7.8 mm radius on the ball of about 12 mm; its normals tilt faster than the ball's.
  const cap = 1 - smoothstep(1.0, 1.25, rim);
  const tilt = 0.55 * cap;
  let nx = dx + tilt * (dx - eye.axis[0]);
  let ny = dy + tilt * (dy - eye.axis[1]);
  let nz = dz + tilt * (dz - eye.axis[2]);
  const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
  nx /= length;
  ny /= length;
  nz /= length;
  const facing = nx * f.vx + ny * f.vy + nz * f.vz;
  const mx = 2 * facing * nx - f.vx;
  const my = 2 * facing * ny - f.vy;
  const mz = 2 * facing * nz - f.vz;
  const fresnel = 0.03 + 0.6 * (1 - Math.max(0, facing)) ** 5;
  const keyCosine =
    mx * lights.key.direction[0] + my * lights.key.direction[1] + mz * lights.key.direction[2];
  const fillCosine =
    mx * lights.fill.direction[0] + my * lights.fill.direction[1] + mz * lights.fill.direction[2];
  // The key light mirrored as a soft disc of about 8 degrees, the fill as a faint broad one.
  const spot = smoothstep(0.972, 0.99, keyCosine) * (0.35 + 0.65 * f.keyReach) * (0.35 + 0.65 * cap);
  const soft = smoothstep(0.86, 0.97, fillCosine) * 0.07;
  const skyMirror = fresnel * (0.5 + 0.5 * my) * o * 1.6;
  f.r += lights.key.colour[0] * spot * 0.55 + lights.fill.colour[0] * soft + lights.sky[0] * skyMirror;
  f.g += lights.key.colour[1] * spot * 0.55 + lights.fill.colour[1] * soft + lights.sky[1] * skyMirror;
  f.b += lights.key.colour[2] * spot * 0.55 + lights.fill.colour[2] * soft + lights.sky[2] * skyMirror;
}
