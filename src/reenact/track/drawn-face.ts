import sharp from 'sharp';
import type { RgbaImage } from '../frame.ts';

/** Where a drawn face stands, for tests. */
export interface DrawnFace {
  /** Middle between the eyes, pixels. */
  readonly x: number;
  readonly y: number;
  /** Pixels a unit of the drawing, in which the outer eye corners are 156 apart and the face is 225 wide. */
  readonly scale: number;
  /** Clockwise on the screen. */
  readonly rollRad?: number;
  /** Shift of both irises in units of the drawing; the eyes are 56 wide. */
  readonly gaze?: readonly [x: number, y: number];
}

/** Landmarks whose place in the drawing is known: index, and units from the middle between the eyes. */
export const DRAWN_LANDMARKS: readonly (readonly [index: number, x: number, y: number])[] = [
  [33, -78, 0],
  [263, 78, 0],
  [133, -22, 0],
  [362, 22, 0],
  [61, -46, 108],
  [291, 46, 108],
];
/** Distance of the outer eye corners in units of the drawing. */
export const DRAWN_INTEROCULAR = 156;

/** Where a point of the drawing lies in the picture. */
export function drawnPoint(face: DrawnFace, x: number, y: number): [x: number, y: number] {
  const cos = Math.cos(face.rollRad ?? 0) * face.scale;
  const sin = Math.sin(face.rollRad ?? 0) * face.scale;
  return [face.x + x * cos - y * sin, face.y + x * sin + y * cos];
}

/** A picture with cartoon faces that detector and mesh take for faces: their own ground truth, nobody's portrait. */
export async function drawFaces(
  width: number,
  height: number,
  faces: readonly DrawnFace[],
): Promise<RgbaImage> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><radialGradient id="skin" cx=".5" cy=".45" r=".6">
      <stop offset="0" stop-color="#f0c8a8"/><stop offset="1" stop-color="#b98262"/></radialGradient></defs>
    <rect width="${width}" height="${height}" fill="#8a98a4"/>${faces.map(faceSvg).join('')}</svg>`;
  const { data } = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width, height, data: new Uint8Array(data) };
}

function faceSvg({ x, y, scale, rollRad = 0, gaze = [0, 0] }: DrawnFace): string {
  const rollDeg = (rollRad * 180) / Math.PI;
  const eye = (side: 1 | -1): string => `<g transform="scale(${side} 1)">
    <path d="M-78 0q28-20 56 0q-28 16-56 0z" fill="#fff"/>
    <circle cx="${-50 + side * gaze[0]}" cy="${gaze[1] - 2}" r="11" fill="#4b3320"/>
    <circle cx="${-50 + side * gaze[0]}" cy="${gaze[1] - 2}" r="5" fill="#000"/>
    <path d="M-78 0q28-20 56 0" fill="none" stroke="#3a2418" stroke-width="4"/>
    <path d="M-86-30q34-20 68 0" fill="none" stroke="#3a2418" stroke-width="9"/></g>`;
  return `<g transform="translate(${x} ${y}) rotate(${rollDeg}) scale(${scale})">
    <ellipse cy="-15" rx="135" ry="165" fill="#4a3020"/>
    <rect x="-46" y="110" width="92" height="110" fill="#c08b6a"/>
    <ellipse cy="22" rx="112" ry="150" fill="url(#skin)"/>${eye(1)}${eye(-1)}
    <path d="M-10 0q-8 50-20 62q30 16 60 0q-12-12-20-62z" fill="#a9714f" opacity=".45"/>
    <ellipse cx="-16" cy="66" rx="7" ry="4" fill="#6a3a28"/><ellipse cx="16" cy="66" rx="7" ry="4" fill="#6a3a28"/>
    <path d="M-46 108q24-12 46-4q22-8 46 4q-46 14-92 0z" fill="#a84a48"/>
    <path d="M-46 108q46 34 92 0q-46 12-92 0z" fill="#c26460"/></g>`;
}
