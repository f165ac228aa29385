import type { RgbaImage } from '../reenact/frame.ts';
import { drawText, type TextMask } from './label.ts';
import { PictureScaler } from './scale-picture.ts';

/** Where one panel of the comparison lies. */
export interface Panel {
  readonly x: number;
  readonly width: number;
}

/** Driver, driver map and avatar side by side, all `height` pixels high. */
export interface CompareLayout {
  readonly width: number;
  readonly height: number;
  readonly driver: Panel;
  readonly map: Panel;
  readonly avatar: Panel;
}

const GAP_PX = 4;
const GAP_COLOUR = 18;
const LABELS = { driver: 'Driver', map: 'Driver map', avatar: 'Avatar' } as const;

/** Panels for an avatar of `size`² and a driver of any shape; the width comes out even. */
export function compareLayout(driverWidth: number, driverHeight: number, size: number): CompareLayout {
  const wide = Math.max(1, Math.round((driverWidth * size) / driverHeight));
  const first = wide + ((wide + size * 2 + GAP_PX * 2) % 2);
  const map = first + GAP_PX;
  const avatar = map + size + GAP_PX;
  return {
    width: avatar + size,
    height: size,
    driver: { x: 0, width: first },
    map: { x: map, width: size },
    avatar: { x: avatar, width: size },
  };
}

/** Composes comparison frames; buffers are made once. */
export class ComparePicture {
  readonly layout: CompareLayout;
  readonly #data: Uint8Array;
  readonly #labels: readonly { readonly mask: TextMask; readonly x: number }[];
  readonly #scalers = new Map<Panel, PictureScaler>();

  constructor(layout: CompareLayout) {
    this.layout = layout;
    this.#data = new Uint8Array(layout.width * layout.height * 4).fill(GAP_COLOUR);
    for (let i = 3; i < this.#data.length; i += 4) this.#data[i] = 255;
    const capPx = Math.max(7, layout.height / 42);
    this.#labels = (['driver', 'map', 'avatar'] as const).map((name) => ({
      mask: drawText(LABELS[name], capPx),
      x: layout[name].x,
    }));
  }

  /** The pixels are the caller's until the next call. */
  compose(driver: RgbaImage, map: RgbaImage, avatar: RgbaImage): RgbaImage {
    const { layout } = this;
    this.#fill(layout.driver, driver);
    this.#fill(layout.map, map);
    this.#fill(layout.avatar, avatar);
    for (const { mask, x } of this.#labels) this.#write(mask, x);
    return { width: layout.width, height: layout.height, data: this.#data };
  }

  #fill(panel: Panel, image: RgbaImage): void {
    const { width, height } = this.layout;
    if (image.width === panel.width && image.height === height) {
      const row = image.width * 4;
      for (let y = 0; y < height; y++) {
        this.#data.set(image.data.subarray(y * row, (y + 1) * row), (y * width + panel.x) * 4);
      }
      return;
    }
    let scaler = this.#scalers.get(panel);
    if (scaler === undefined) {
      scaler = new PictureScaler(image.width, image.height, panel.width, height);
      this.#scalers.set(panel, scaler);
    }
    scaler.into(image, this.#data, width, panel.x);
  }

  /** Light letters in the panel's lower left corner, on a darkened plate so that any picture may lie behind. */
  #write(mask: TextMask, panelX: number): void {
    const { width, height } = this.layout;
    const pad = Math.round(mask.height * 0.35);
    const plateWidth = mask.width + 2 * pad;
    const plateHeight = mask.height + pad;
    const left = panelX + pad;
    const top = height - plateHeight - pad;
    for (let y = 0; y < plateHeight; y++) {
      for (let x = 0; x < plateWidth; x++) {
        const at = ((top + y) * width + left + x) * 4;
        const letterX = x - pad;
        const letterY = y - Math.round(pad * 0.75);
        const inside = letterX >= 0 && letterX < mask.width && letterY >= 0 && letterY < mask.height;
        const opacity = inside ? mask.opacity[letterY * mask.width + letterX] : 0;
        for (let channel = 0; channel < 3; channel++) {
          const behind = this.#data[at + channel] * 0.45;
          this.#data[at + channel] = behind + (245 - behind) * opacity;
        }
      }
    }
  }
}

/** The avatar's panel of a comparison frame, cut out again. */
export function avatarPanel(image: RgbaImage, { avatar }: CompareLayout): RgbaImage {
  const data = new Uint8Array(avatar.width * image.height * 4);
  const row = avatar.width * 4;
  for (let y = 0; y < image.height; y++) {
    const from = (y * image.width + avatar.x) * 4;
    data.set(image.data.subarray(from, from + row), y * row);
  }
  return { width: avatar.width, height: image.height, data };
}
