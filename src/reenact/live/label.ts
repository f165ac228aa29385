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

/** White text on nothing, at most `maxWidth` wide. */
async function textMask(
  text: string,
  heightPx: number,
  maxWidth: number,
): Promise<{ png: Buffer; width: number }> {
  const escaped = text.replace(/[<>&"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${maxWidth * 3}" height="${heightPx * 2}">` +
    `<text x="4" y="${heightPx * 1.3}" font-family="Inter, Helvetica, Arial, DejaVu Sans, sans-serif" font-weight="600" ` +
    `font-size="${heightPx}" fill="#fff">${escaped}</text></svg>`;
  const drawn = await trimmed(svg);
  // A machine without a single font draws nothing; the mark must stand there all the same.
  const ink = drawn ?? (await trimmed(strokedLetters(heightPx)))!;
  const fitted = sharp(ink).resize({
    width: maxWidth,
    height: Math.round(heightPx * 1.1),
    fit: 'inside',
    withoutEnlargement: true,
  });
  const { data, info } = await fitted.png().toBuffer({ resolveWithObject: true });
  return { png: data, width: info.width };
}

async function trimmed(svg: string): Promise<Buffer | null> {
  const picture = sharp(Buffer.from(svg));
  const { channels } = await picture.stats();
  if (channels[3].max < 128) return null;
  return await picture
    .trim({ background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .png()
    .toBuffer();
}

/** `AI`, drawn with lines. */
function strokedLetters(heightPx: number): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${heightPx * 1.2}" height="${heightPx}" viewBox="0 0 12 10">` +
    '<path d="M1 9 L4 1 L7 9 M2.2 6.2 L5.8 6.2 M10 1 L10 9" fill="none" stroke="#fff" stroke-width="1.5" ' +
    'stroke-linecap="round" stroke-linejoin="round"/></svg>'
  );
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Number.isFinite(value) ? value : low));
}
