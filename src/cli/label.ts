/** Opacity of a line of text, for drawing over a picture. */
export interface TextMask {
  readonly width: number;
  readonly height: number;
  /** `[height, width]`, 0..1. */
  readonly opacity: Float32Array;
}

type Point = readonly [x: number, y: number];
interface Glyph {
  readonly advance: number;
  /** Lines that a round pen follows; y is up from the baseline, lower-case letters are 5 high, capitals 7. */
  readonly strokes: readonly (readonly Point[])[];
}

const PEN_RADIUS = 0.48;
const DESCENDER = 2.6;
const HEIGHT = 7 + DESCENDER + 2 * PEN_RADIUS;
const LETTER_GAP = 1.5;

/** Only the letters of the labels: a font file would be one more thing to find, ship and license. */
const GLYPHS: Readonly<Record<string, Glyph>> = {
  ' ': { advance: 1.2, strokes: [] },
  A: {
    advance: 5.6,
    strokes: [
      [
        [0, 0],
        [2.8, 7],
        [5.6, 0],
      ],
      [
        [0.9, 2.3],
        [4.7, 2.3],
      ],
    ],
  },
  D: { advance: 5, strokes: [[[0, 7], [0, 0], [1.8, 0], ...arc(1.8, 3.5, 3.2, 3.5, -90, 90), [0, 7]]] },
  a: {
    advance: 4.1,
    strokes: [
      arc(2.05, 2.5, 2.05, 2.5, 0, 360),
      [
        [4.1, 5],
        [4.1, 0],
      ],
    ],
  },
  d: {
    advance: 4.1,
    strokes: [
      arc(2.05, 2.5, 2.05, 2.5, 0, 360),
      [
        [4.1, 7.2],
        [4.1, 0],
      ],
    ],
  },
  e: { advance: 4.2, strokes: [[[0.1, 2.6], [4.2, 2.6], ...arc(2.1, 2.5, 2.1, 2.5, 0, 310)]] },
  i: {
    advance: 0.1,
    strokes: [
      [
        [0, 0],
        [0, 5],
      ],
      [
        [0, 7],
        [0, 7.01],
      ],
    ],
  },
  m: {
    advance: 6.6,
    strokes: [
      [
        [0, 0],
        [0, 5],
      ],
      [...arc(1.65, 3.2, 1.65, 1.8, 180, 0), [3.3, 0]],
      [...arc(4.95, 3.2, 1.65, 1.8, 180, 0), [6.6, 0]],
    ],
  },
  p: {
    advance: 4.1,
    strokes: [
      arc(2.05, 2.5, 2.05, 2.5, 0, 360),
      [
        [0, 5],
        [0, -2.2],
      ],
    ],
  },
  r: {
    advance: 2.2,
    strokes: [
      [
        [0, 0],
        [0, 5],
      ],
      arc(2.1, 2.9, 2.1, 2.1, 180, 88),
    ],
  },
  t: {
    advance: 2.6,
    strokes: [
      [[1, 6.7], [1, 1.4], ...arc(2.4, 1.4, 1.4, 1.4, 180, 270)],
      [
        [-0.3, 5],
        [2.5, 5],
      ],
    ],
  },
  v: {
    advance: 4,
    strokes: [
      [
        [0, 5],
        [2, 0],
        [4, 5],
      ],
    ],
  },
};

/** Draws `text` with capitals `capPx` high. Only the letters of `GLYPHS` can be drawn. @throws RangeError */
export function drawText(text: string, capPx: number): TextMask {
  const unit = capPx / 7;
  const segments: number[] = [];
  let pen = PEN_RADIUS;
  for (const letter of text) {
    const glyph = GLYPHS[letter];
    if (glyph === undefined) throw new RangeError(`no shape for the letter ${letter}`);
    for (const stroke of glyph.strokes) {
      for (let i = 1; i < stroke.length; i++) {
        const [x0, y0] = stroke[i - 1];
        const [x1, y1] = stroke[i];
        segments.push(pen + x0, 7 + PEN_RADIUS - y0, pen + x1, 7 + PEN_RADIUS - y1);
      }
    }
    pen += glyph.advance + LETTER_GAP;
  }
  const width = Math.ceil((pen - LETTER_GAP + PEN_RADIUS) * unit);
  const height = Math.ceil(HEIGHT * unit);
  const opacity = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const away = distance(segments, (x + 0.5) / unit, (y + 0.5) / unit) - PEN_RADIUS;
      opacity[y * width + x] = Math.min(1, Math.max(0, 0.5 - away * unit));
    }
  }
  return { width, height, opacity };
}

function distance(segments: readonly number[], x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < segments.length; i += 4) {
    const dx = segments[i + 2] - segments[i];
    const dy = segments[i + 3] - segments[i + 1];
    const along = ((x - segments[i]) * dx + (y - segments[i + 1]) * dy) / (dx * dx + dy * dy || 1);
    const t = Math.min(1, Math.max(0, along));
    least = Math.min(least, Math.hypot(x - segments[i] - t * dx, y - segments[i + 1] - t * dy));
  }
  return least;
}

/** Points of an ellipse from one angle to another, degrees, anticlockwise from the right. */
function arc(
  centreX: number,
  centreY: number,
  radiusX: number,
  radiusY: number,
  fromDeg: number,
  toDeg: number,
): Point[] {
  const steps = Math.max(4, Math.ceil(Math.abs(toDeg - fromDeg) / 15));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = ((fromDeg + ((toDeg - fromDeg) * i) / steps) * Math.PI) / 180;
    return [centreX + radiusX * Math.cos(angle), centreY + radiusY * Math.sin(angle)];
  });
}
