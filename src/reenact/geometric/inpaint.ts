/**
 * Fills unknown pixels of a picture smoothly from the known ones by a pull-push pyramid (Gortler et al., "The
 * Lumigraph", SIGGRAPH 1996, section 3.4): weighted averages on the way up fill what is missing on the way down.
 *
 * @param rgb `[height, width, 3]`, 0..255; returned anew
 * @param weight `[height, width]` confidence 0..1; where it is 1 the pixel stays as it is
 */
export function pullPush(
  rgb: Float32Array,
  weight: Float32Array,
  width: number,
  height: number,
): Float32Array {
  const levels: Level[] = [{ width, height, rgb, weight }];
  let top = levels[0];
  while (top.width > 1 || top.height > 1) {
    top = pull(top);
    levels.push(top);
  }
  let coarse = top.rgb;
  for (let i = levels.length - 2; i >= 0; i--) coarse = push(levels[i], levels[i + 1], coarse);
  return coarse;
}

interface Level {
  readonly width: number;
  readonly height: number;
  readonly rgb: Float32Array;
  readonly weight: Float32Array;
}

/** [1 3 3 1]²/64 reduction: wider than 2×2, so that fills show no blocks. */
const TAPS = [1, 3, 3, 1];

function pull(fine: Level): Level {
  const width = Math.max(1, fine.width >> 1);
  const height = Math.max(1, fine.height >> 1);
  const rgb = new Float32Array(width * height * 3);
  const weight = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      let sum = 0;
      for (let j = 0; j < 4; j++) {
        const fy = Math.min(fine.height - 1, Math.max(0, 2 * y - 1 + j));
        for (let i = 0; i < 4; i++) {
          const fx = Math.min(fine.width - 1, Math.max(0, 2 * x - 1 + i));
          const p = fy * fine.width + fx;
          const w = TAPS[i] * TAPS[j] * fine.weight[p];
          red += w * fine.rgb[p * 3];
          green += w * fine.rgb[p * 3 + 1];
          blue += w * fine.rgb[p * 3 + 2];
          sum += w;
        }
      }
      const p = y * width + x;
      if (sum > 0) {
        rgb[p * 3] = red / sum;
        rgb[p * 3 + 1] = green / sum;
        rgb[p * 3 + 2] = blue / sum;
      }
      // Saturates: a few known pixels are enough to know the coarse one.
      weight[p] = Math.min(1, sum / 16);
    }
  return { width, height, rgb, weight };
}

function push(fine: Level, coarse: Level, filled: Float32Array): Float32Array {
  const out = new Float32Array(fine.rgb.length);
  const scaleX = coarse.width / fine.width;
  const scaleY = coarse.height / fine.height;
  for (let y = 0; y < fine.height; y++) {
    const sy = Math.min(coarse.height - 1, Math.max(0, (y + 0.5) * scaleY - 0.5));
    const y0 = Math.floor(sy);
    const y1 = Math.min(coarse.height - 1, y0 + 1);
    const fy = sy - y0;
    for (let x = 0; x < fine.width; x++) {
      const p = y * fine.width + x;
      const keep = fine.weight[p];
      const sx = Math.min(coarse.width - 1, Math.max(0, (x + 0.5) * scaleX - 0.5));
      const x0 = Math.floor(sx);
      const x1 = Math.min(coarse.width - 1, x0 + 1);
      const fx = sx - x0;
      for (let channel = 0; channel < 3; channel++) {
        const above =
          filled[(y0 * coarse.width + x0) * 3 + channel] * (1 - fx) +
          filled[(y0 * coarse.width + x1) * 3 + channel] * fx;
        const below =
          filled[(y1 * coarse.width + x0) * 3 + channel] * (1 - fx) +
          filled[(y1 * coarse.width + x1) * 3 + channel] * fx;
        const fill = above + (below - above) * fy;
        out[p * 3 + channel] = keep * fine.rgb[p * 3 + channel] + (1 - keep) * fill;
      }
    }
  }
  return out;
}
