import { smoothstep } from './colour.ts';
import { fbm3, hash3, noise3 } from './noise.ts';
import type { Background } from './scene.ts';

/** Linear picture `[height, width, 3]` behind the subject: out of focus, with enough structure to show a warp. */
export function paintBackground(background: Background, width: number, height: number): Float32Array {
  const out = new Float32Array(width * height * 3);
  const { kind, colour, accent, seed } = background;
  const discs = kind === 'bokeh' ? scatterDiscs(seed) : [];
  for (let py = 0, at = 0; py < height; py++) {
    const y = py / height;
    for (let px = 0; px < width; px++, at += 3) {
      const x = px / width;
      // Share of the accent, and brightness.
      let mix = 0;
      let light = 1;
      if (kind === 'gradient') mix = smoothstep(0, 1, 0.15 + 0.7 * y + 0.25 * (x - 0.5));
      else if (kind === 'studio') {
        const distance = Math.hypot((x - 0.5) * 1.05, y - 0.42);
        light = 1.18 - 0.95 * smoothstep(0.1, 0.85, distance);
        mix = 0.5 + 0.55 * fbm3(x * 2.6, y * 2.6, 0, 3, seed);
      } else if (kind === 'bokeh') {
        mix = 0.35 + 0.5 * fbm3(x * 2.2, y * 2.2, 1, 3, seed);
        light = 0.8 + 0.3 * noise3(x * 1.5, y * 1.5, 4, seed + 1);
      } else if (kind === 'room') {
        [mix, light] = roomAt(x, y, seed);
      }
      let r = (colour[0] + (accent[0] - colour[0]) * mix) * light;
      let g = (colour[1] + (accent[1] - colour[1]) * mix) * light;
      let b = (colour[2] + (accent[2] - colour[2]) * mix) * light;
      for (const disc of discs) {
        const distance = Math.hypot(x - disc.x, y - disc.y) / disc.radius;
        const amount =
          disc.strength *
          (1 - smoothstep(0.75, 1.1, distance)) *
          (0.8 + 0.25 * smoothstep(0.4, 0.95, distance));
        r += amount * (0.35 + accent[0]);
        g += amount * (0.3 + accent[1]);
        b += amount * (0.22 + accent[2]);
      }
      // Grain hides the bands of smooth gradients in 8 bits.
      const grain = 1 + 0.012 * (hash3(px, py, 0, seed) - 0.5);
      out[at] = r * grain;
      out[at + 1] = g * grain;
      out[at + 2] = b * grain;
    }
  }
  return out;
}

function scatterDiscs(seed: number) {
  return Array.from({ length: 26 }, (_, i) => ({
    x: hash3(i, 1, 0, seed) * 1.1 - 0.05,
    y: hash3(i, 2, 0, seed) * 0.95,
    radius: 0.025 + 0.05 * hash3(i, 3, 0, seed),
    strength: 0.05 + 0.22 * hash3(i, 4, 0, seed) ** 2,
  }));
}

/** A blurred room: wall, window light on one side, shelf or picture edges on the other, darker below. */
function roomAt(x: number, y: number, seed: number): [number, number] {
  const flip = hash3(5, 5, 5, seed) > 0.5 ? x : 1 - x;
  const window = smoothstep(0.34, 0.24, flip) * smoothstep(0.02, 0.12, flip) * smoothstep(0.75, 0.6, y);
  const bar =
    1 - 0.35 * smoothstep(0.03, 0.0, Math.abs(flip - 0.17)) - 0.3 * smoothstep(0.035, 0, Math.abs(y - 0.33));
  const shelf = smoothstep(0.66, 0.72, flip) * (0.5 + 0.5 * Math.sign(Math.sin(y * 14 + 1))) * 0.5;
  const books = smoothstep(0.68, 0.74, flip) * noise3(flip * 24, Math.floor(y * 4.6), 2, seed) * 0.4;
  const light =
    0.75 + 0.9 * window * bar - 0.35 * smoothstep(0.6, 1, y) + 0.12 * fbm3(x * 3, y * 3, 0, 2, seed);
  return [Math.min(1, Math.max(0, 0.3 + shelf * 0.6 + books)), light];
}
