/**
 * Gradient noise in three dimensions (Perlin, "Improving Noise", SIGGRAPH 2002) over a hashed lattice, so that no
 * table is needed and a seed is one integer. Range about -1 to 1, zero mean, feature size 1.
 */
export function noise3(x: number, y: number, z: number, seed: number): number {
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  const iz = Math.floor(z);
  const fx = x - ix;
  const fy = y - iy;
  const fz = z - iz;
  const u = fx * fx * fx * (fx * (fx * 6 - 15) + 10);
  const v = fy * fy * fy * (fy * (fy * 6 - 15) + 10);
  const w = fz * fz * fz * (fz * (fz * 6 - 15) + 10);
  const a = lerp(u, slope(ix, iy, iz, fx, fy, fz, seed), slope(ix + 1, iy, iz, fx - 1, fy, fz, seed));
  const b = lerp(
    u,
    slope(ix, iy + 1, iz, fx, fy - 1, fz, seed),
    slope(ix + 1, iy + 1, iz, fx - 1, fy - 1, fz, seed),
  );
  const c = lerp(
    u,
    slope(ix, iy, iz + 1, fx, fy, fz - 1, seed),
    slope(ix + 1, iy, iz + 1, fx - 1, fy, fz - 1, seed),
  );
  const d = lerp(
    u,
    slope(ix, iy + 1, iz + 1, fx, fy - 1, fz - 1, seed),
    slope(ix + 1, iy + 1, iz + 1, fx - 1, fy - 1, fz - 1, seed),
  );
  return lerp(w, lerp(v, a, b), lerp(v, c, d));
}

/** Sum of `octaves` of {@link noise3}, each twice as fine and half as strong; range about -1 to 1. */
export function fbm3(x: number, y: number, z: number, octaves: number, seed: number): number {
  let sum = 0;
  let weight = 0.5;
  let scale = 1;
  for (let octave = 0; octave < octaves; octave++) {
    sum += weight * noise3(x * scale, y * scale, z * scale, seed + octave * 1013);
    weight *= 0.5;
    scale *= 2.03;
  }
  return sum;
}

/** Distance to the nearest of the points scattered one a unit cell (Worley, SIGGRAPH 1996), 0 to about 1.2. */
export function cells3(x: number, y: number, z: number, seed: number): number {
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  const iz = Math.floor(z);
  let nearest = 4;
  for (let dz = -1; dz <= 1; dz++) {
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const h = latticeHash(ix + dx, iy + dy, iz + dz, seed);
        const px = ix + dx + (h & 1023) / 1024 - x;
        const py = iy + dy + ((h >>> 10) & 1023) / 1024 - y;
        const pz = iz + dz + ((h >>> 20) & 1023) / 1024 - z;
        const distance = px * px + py * py + pz * pz;
        if (distance < nearest) nearest = distance;
      }
    }
  }
  return Math.sqrt(nearest);
}

/** Uniform in [0, 1) from a lattice point. */
export function hash3(x: number, y: number, z: number, seed: number): number {
  return latticeHash(x, y, z, seed) / 4294967296;
}

function latticeHash(x: number, y: number, z: number, seed: number): number {
  let h =
    Math.imul(x, 0x8da6b343) ^
    Math.imul(y, 0xd8163841) ^
    Math.imul(z, 0xcb1ab31f) ^
    Math.imul(seed, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Dot product of (x, y, z) with one of twelve edge directions. */
function slope(ix: number, iy: number, iz: number, x: number, y: number, z: number, seed: number): number {
  const h = latticeHash(ix, iy, iz, seed) & 15;
  const u = h < 8 ? x : y;
  const v = h < 4 ? y : h === 12 || h === 14 ? x : z;
  return ((h & 1) === 0 ? u : -u) + ((h & 2) === 0 ? v : -v);
}

function lerp(t: number, a: number, b: number): number {
  return a + t * (b - a);
}
