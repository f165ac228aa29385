import type { RgbaImage } from '../reenact/frame.ts';
import { poseHead } from '../reenact/head/pose-head.ts';
import { vertexNormals } from '../reenact/head/vertex-normals.ts';
import { paintBackground } from './background.ts';
import { blendCards, type Card, hairCard, lashCard } from './cards.ts';
import { encodeLinear, toneMap } from './colour.ts';
import { createDepthView, type DepthView, depthViewOf, drawDepth } from './depth-view.ts';
import { projectToScreen } from './geometry.ts';
import { refinePositions } from './head-surface.ts';
import { openingShade } from './opening-shade.ts';
import { poseEyes } from './posed-eyes.ts';
import { clearSampleBuffer, createSampleBuffer, rasterise, type SampleBuffer } from './rasterise.ts';
import type { Background, RenderScene } from './scene.ts';
import { type PosedSurface, shadeSurface } from './shade-surface.ts';
import { drawOutlines } from './toon.ts';

/** A drawn picture and where the head is in it. */
export interface RenderedHead {
  readonly image: RgbaImage;
  /** `[height, width]` triangle of the head model at the middle of each pixel; -1 where there is none. */
  readonly triangles: Int32Array;
}

const SHADOW_SIZE = 768;
/** The rim light's, of the key light's. */
const RIM_SHADOW_SHARE = 5 / 12;

interface Canvas {
  readonly buffer: SampleBuffer;
  /** `[samples high, samples wide, 3]` linear. */
  readonly colour: Float32Array;
}

let canvas: Canvas | null = null;
const shadowViews = new Map<number, DepthView>();
const backgrounds = new WeakMap<Background, { width: number; height: number; picture: Float32Array }>();

/** Draws a scene. The same scene gives the same bytes. */
export function renderHead(scene: RenderScene): RenderedHead {
  const { subject, coefficients, camera, width, height, samples } = scene;
  const { surface, shaped } = subject;
  const { buffer, colour } = canvasFor(width * samples, height * samples);

  const posed = poseHead(shaped, coefficients);
  const positions = refinePositions(surface, posed);
  const normals = vertexNormals(positions, surface.triangles);
  const cards: Card[] = [];
  const lashes = lashCard(subject, posed);
  if (lashes !== null) cards.push(lashes);
  const hair = hairCard(subject, coefficients);
  if (hair !== null) cards.push(hair);

  // The model's own triangles are enough to cast a shadow, lashes included: they darken the eyes as they should.
  const shadows = depthViewOf(
    [{ positions: posed, triangles: shaped.model.triangles }],
    scene.lights.key.direction,
    shadowView(scene.shadowSize ?? SHADOW_SIZE),
  );
  const rimShadows = depthViewOf(
    [{ positions: posed, triangles: shaped.model.triangles }],
    scene.lights.rim.direction,
    shadowView(Math.round(RIM_SHADOW_SHARE * (scene.shadowSize ?? SHADOW_SIZE))),
  );
  if (hair !== null) drawDepth(shadows, hair, hair.isSolid);

  paintBehind(scene, colour);
  rasterise(buffer, projectToScreen(positions, camera, samples), surface.triangles, 0, 0);
  const surfaceToShade: PosedSurface = {
    positions,
    normals,
    openness: openSky(scene),
    eyes: poseEyes(subject.eyes, shaped, coefficients),
    shadows,
    rimShadows,
    openings: openingShade(scene, buffer),
  };
  shadeSurface(scene, surfaceToShade, buffer, colour);
  if (scene.style === 'toon') drawOutlines(scene, buffer, colour);
  for (const card of cards) blendCards(scene, card, shadows, buffer, colour);

  return { image: resolve(scene, colour), triangles: middleTriangles(scene, buffer) };
}

/** Openness of each vertex for this pose: lids and mouth move out of the folds that they rest in. */
function openSky(scene: RenderScene): Float32Array {
  const { subject, coefficients } = scene;
  const { opennessRest, opennessMoved, facePoints } = subject;
  const { expressionUnits } = subject.shaped.model;
  let closed = 0;
  for (let i = 0; i < coefficients.psi.length; i++) {
    if (expressionUnits[i].name.startsWith('blink')) closed = Math.max(closed, coefficients.psi[i]);
  }
  const lids = Math.min(1, closed);
  const mouth = Math.min(1, Math.max(0, coefficients.theta[6]) / 0.3);
  const out = new Float32Array(opennessRest.length);
  for (let v = 0; v < out.length; v++) {
    const amount = facePoints[v * 3 + 1] > -0.6 ? lids : mouth;
    out[v] = opennessRest[v] + (opennessMoved[v] - opennessRest[v]) * amount;
  }
  return out;
}

/** Kept from picture to picture: making one costs as much as drawing into it. */
function shadowView(size: number): DepthView {
  let view = shadowViews.get(size);
  if (view === undefined) shadowViews.set(size, (view = createDepthView(size)));
  return view;
}

function canvasFor(width: number, height: number): Canvas {
  if (canvas === null || canvas.buffer.width !== width || canvas.buffer.height !== height) {
    canvas = { buffer: createSampleBuffer(width, height), colour: new Float32Array(width * height * 3) };
  } else clearSampleBuffer(canvas.buffer);
  return canvas;
}

function paintBehind(scene: RenderScene, colour: Float32Array): void {
  const { background, width, height, samples } = scene;
  const whole = scene.partOf ?? { x: 0, y: 0, width, height };
  let kept = backgrounds.get(background);
  if (kept === undefined || kept.width !== whole.width || kept.height !== whole.height) {
    const picture = paintBackground(background, whole.width, whole.height);
    kept = { width: whole.width, height: whole.height, picture };
    backgrounds.set(background, kept);
  }
  const { picture } = kept;
  for (let y = 0, at = 0; y < height * samples; y++) {
    const row = (whole.y + Math.floor(y / samples)) * whole.width + whole.x;
    for (let x = 0; x < width; x++) {
      const from = (row + x) * 3;
      for (let s = 0; s < samples; s++, at += 3) {
        colour[at] = picture[from];
        colour[at + 1] = picture[from + 1];
        colour[at + 2] = picture[from + 2];
      }
    }
  }
}

/** Exposure and film curve a sample, mean a pixel, sRGB. */
function resolve(scene: RenderScene, colour: Float32Array): RgbaImage {
  const { width, height, samples, exposure } = scene;
  const row = width * samples * 3;
  const data = new Uint8Array(width * height * 4);
  const share = 1 / (samples * samples);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel += 4) {
      const first = (y * samples * width + x) * samples * 3;
      for (let k = 0; k < 3; k++) {
        const at = first + k;
        const value = colour[at];
        const mapped = toneMap(value * exposure);
        let sum = 0;
        // Within a surface all samples are one colour, whose tone need not be found again.
        for (let sy = 0; sy < samples; sy++)
          for (let sample = at + sy * row, sx = 0; sx < samples; sx++, sample += 3)
            sum += colour[sample] === value ? mapped : toneMap(colour[sample] * exposure);
        data[pixel + k] = encodeLinear(sum * share);
      }
      data[pixel + 3] = 255;
    }
  }
  return { width, height, data };
}

function middleTriangles(scene: RenderScene, buffer: SampleBuffer): Int32Array {
  const { width, height, samples, subject } = scene;
  const { sourceTriangle } = subject.surface;
  const out = new Int32Array(width * height);
  const middle = samples >> 1;
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const triangle = buffer.triangle[(y * samples + middle) * buffer.width + x * samples + middle];
      out[pixel] = triangle < 0 ? -1 : sourceTriangle[triangle];
    }
  }
  return out;
}
