import { createRequire } from 'node:module';
import sharp from 'sharp';
import type { LabelStyle } from '../../contract/live-session.ts';
import type { RgbaImage } from '../frame.ts';

/** A label, drawn once for many frames. */
export interface RenderedLabel {
  readonly width: number;
  readonly height: number;
  /** Where its top left corner stands in the frame, pixels. */
  readonly x: number;
  readonly y: number;
  /** `[height, width, 4]`, colour multiplied by alpha. */
  readonly premultiplied: Uint8Array;
}

export const LABEL_LIMITS = {
  size: [0.03, 0.12],
  opacity: [0.4, 1],
  /** Longer text is cut: it would cover the picture. */
  characters: 40,
} as const;

/** From the frame's edges, part of its side. */
const MARGIN = 0.025;
const DEFAULT_TEXT = 'AI avatar';
const FONT_FILE = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf');

/** Draws a label for frames of `sizePx` by `sizePx`. Empty text becomes `AI avatar`: the label can't be removed. */
export async function renderLabel(style: LabelStyle, sizePx: number): Promise<RenderedLabel> {
  const height = Math.round(clamp(style.size, ...LABEL_LIMITS.size) * sizePx);
  const opacity = clamp(style.opacity, ...LABEL_LIMITS.opacity);
  const margin = Math.round(MARGIN * sizePx);
  const plain = style.text.trim().slice(0, LABEL_LIMITS.characters) || DEFAULT_TEXT;
  const text = await textMask(plain, Math.round(height * 0.62), sizePx - 2 * margin - height);
  const width = Math.min(sizePx - 2 * margin, text.width + Math.round(height * 0.8));
  const radius = Math.round(height * 0.3);
  const pill =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="100%" height="100%" rx="${radius}" fill="#0b0d12" fill-opacity="0.72"/></svg>`;
  const { data } = await sharp(Buffer.from(pill))
    .composite([{ input: text.png, gravity: 'centre' }])
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const premultiplied = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3] * opacity;
    for (let k = 0; k < 3; k++) premultiplied[i + k] = Math.round((data[i + k] * alpha) / 255);
    premultiplied[i + 3] = Math.round(alpha);
  }
  const left = style.corner.endsWith('left');
  const top = style.corner.startsWith('top');
  return {
    width,
    height,
    x: left ? margin : sizePx - margin - width,
    y: top ? margin : sizePx - margin - height,
    premultiplied,
  };
}

/** Lays the label over a frame, in place. */
export function drawLabel(image: RgbaImage, label: RenderedLabel): void {
  const { data, width: stride } = image;
  const { premultiplied: ink } = label;
  for (let row = 0; row < label.height; row++) {
    let to = ((label.y + row) * stride + label.x) * 4;
    let from = row * label.width * 4;
    for (let column = 0; column < label.width; column++, to += 4, from += 4) {
      const rest = 255 - ink[from + 3];
      data[to] = ink[from] + (data[to] * rest + 127) / 255;
      data[to + 1] = ink[from + 1] + (data[to + 1] * rest + 127) / 255;
      data[to + 2] = ink[from + 2] + (data[to + 2] * rest + 127) / 255;
    }
  }
}

/**
 * White text on nothing, at most `maxWidth` wide, in a font that comes with the dependencies: a server may have none,
 * and the mark must be readable on every machine.
 */
async function textMask(
  text: string,
  heightPx: number,
  maxWidth: number,
): Promise<{ png: Buffer; width: number }> {
  const escaped = text.replace(/[<>&"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
  const drawn = sharp({
    text: {
      text: `<span foreground="white">${escaped}</span>`,
      font: 'DejaVu Sans Bold',
      fontfile: FONT_FILE,
      height: Math.round(heightPx * 0.9),
      width: 4000,
      wrap: 'none',
      rgba: true,
    },
  });
  const ink = await drawn.png().toBuffer();
  const { data, info } = await sharp(ink)
    .resize({ width: maxWidth, height: Math.round(heightPx * 0.9), fit: 'inside', withoutEnlargement: true })
    .png()
    .toBuffer({ resolveWithObject: true });
  return { png: data, width: info.width };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Number.isFinite(value) ? value : low));
}
