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

/**
 * A room far out of focus: wall, window light on one side, a lamp's glow and a shelf on the other, darker below.
 * Returns the share of the accent and the brightness.
 */
function roomAt(x: number, y: number, seed: number): [number, number] {
  const across = hash3(5, 5, 5, seed) > 0.5 ? x : 1 - x;
  const soft = 0.045;
  const band = (value: number, from: number, to: number): number =>
    smoothstep(from - soft, from + soft, value) * (1 - smoothstep(to - soft, to + soft, value));
  const pane = band(across, 0.03, 0.27) * (1 - smoothstep(0.6, 0.75, y));
  const frame =
    0.4 * Math.exp(-(((across - 0.15) / 0.016) ** 2)) + 0.35 * Math.exp(-(((y - 0.32) / 0.018) ** 2));
  const board = 0.5 * (Math.exp(-(((y - 0.24) / 0.03) ** 2)) + Math.exp(-(((y - 0.52) / 0.03) ** 2)));
  const books = 0.35 + 0.55 * noise3(across * 17, Math.floor(y / 0.28 + 0.14) * 3.3, 2, seed);
  const shelf = smoothstep(0.68, 0.8, across);
  const lamp = 0.55 * Math.exp(-(((across - 0.9) / 0.16) ** 2 + ((y - 0.3) / 0.2) ** 2));
  const light =
    0.78 +
    0.75 * pane * (1 - frame) +
    lamp * 0.6 -
    0.3 * smoothstep(0.55, 1, y) +
    0.1 * fbm3(x * 3, y * 3, 0, 2, seed);
  return [Math.min(1, Math.max(0, 0.25 + shelf * (0.5 * books + board) - 0.3 * lamp)), light];
}
