import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { cropCamera } from '../reenact/head/camera.ts';
import type { HeadCoefficients, HeadModel } from '../reenact/head/head-model.ts';
import { loadHeadModel } from '../reenact/head/load-head-model.ts';
import { hex } from './colour.ts';
import { partIndex } from './head-surface.ts';
import { type LookAssets, loadLookAssets } from './look-file.ts';
import { PLAIN_LOOK, STUDIO_LIGHTS } from './people.ts';
import { expressionOf } from './portrait.ts';
import { type RenderedHead, renderHead } from './render-head.ts';
import type { RenderScene } from './scene.ts';
import { prepareSubject, type Subject } from './subject.ts';

const MODELS = fileURLToPath(new URL('../../models/head/', import.meta.url));
const SIZE = 128;

let model: HeadModel;
let assets: LookAssets;
let bald: Subject;

beforeAll(async () => {
  model = await loadHeadModel(join(MODELS, 'open-head.bin'));
  assets = await loadLookAssets(join(MODELS, 'look'), ['bob01']);
  bald = prepareSubject(model, [], PLAIN_LOOK, assets, {
    textureSize: 256,
    refine: false,
    skyDirections: 16,
  });
});

function pose(units: Record<string, number> = {}, jaw = 0): HeadCoefficients {
  const theta = new Float32Array(15);
  theta[6] = jaw;
  return { psi: expressionOf(model, units), theta, translation: Float32Array.of(0, 0.02, -1) };
}

function scene(coefficients: HeadCoefficients, subject = bald): RenderScene {
  return {
    subject,
    coefficients,
    camera: { focalPx: SIZE * 3.4, centreX: SIZE / 2, centreY: SIZE / 2 },
    width: SIZE,
    height: SIZE,
    samples: 2,
    lights: STUDIO_LIGHTS,
    background: { kind: 'plain', colour: hex('#3060c0'), accent: hex('#3060c0'), seed: 1 },
    style: 'natural',
    exposure: 1,
  };
}

/** Pixels whose middle shows one of the parts. */
function pixelsOf(rendered: RenderedHead, ...parts: Parameters<typeof partIndex>[1][]): number {
  const wanted = parts.map((part) => partIndex(model, part));
  return rendered.triangles.filter((t) => t >= 0 && wanted.includes(model.triangleParts[t])).length;
}

/** Mean colour of the pixels that show a part. */
function meanColour(rendered: RenderedHead, part: Parameters<typeof partIndex>[1]): number[] {
  const sum = [0, 0, 0];
  let count = 0;
  rendered.triangles.forEach((t, pixel) => {
    if (t < 0 || model.triangleParts[t] !== partIndex(model, part)) return;
    for (let k = 0; k < 3; k++) sum[k] += rendered.image.data[pixel * 4 + k];
    count++;
  });
  return sum.map((value) => value / count);
}

describe('renderHead', () => {
  it('draws the same scene to the same bytes, other pictures in between or not', () => {
    const first = renderHead(scene(pose()));
    renderHead({ ...scene(pose({ smile: 1 })), width: 64, height: 64 });
    const second = renderHead(scene(pose()));
    expect(Buffer.compare(second.image.data, first.image.data)).toBe(0);
    expect(second.triangles.every((t, pixel) => t === first.triangles[pixel])).toBe(true);
  });

  it('draws a part of a picture as it is in the whole', () => {
    const background = { kind: 'room', colour: hex('#3060c0'), accent: hex('#c09030'), seed: 3 } as const;
    const all = { ...scene(pose({ 'lips-part': 0.4 }, 0.1)), background };
    const whole = renderHead(all).image;
    const part = renderHead({
      ...all,
      width: 72,
      height: 72,
      camera: cropCamera(all.camera, 24, 32, 1),
      partOf: { x: 24, y: 32, width: SIZE, height: SIZE },
    }).image;
    // What shades the openings of the face is a blur, which sees less of it next to an edge.
    for (let y = 6; y < 66; y++) {
      const from = ((y + 32) * SIZE + 24 + 6) * 4;
      const row = part.data.subarray((y * 72 + 6) * 4, (y * 72 + 66) * 4);
      expect(Buffer.compare(row, whole.data.subarray(from, from + row.length))).toBe(0);
    }
  });

  it('draws coarse hair as nearly the same hair', () => {
    const look = { ...PLAIN_LOOK, hair: { ...PLAIN_LOOK.hair, style: 'bob01' } };
    const haired = prepareSubject(model, [], look, assets, {
      textureSize: 256,
      refine: false,
      skyDirections: 8,
    });
    const fine = renderHead(scene(pose(), haired)).image.data;
    const coarse = renderHead({ ...scene(pose(), haired), coarseHair: true }).image.data;
    const squares = fine.reduce((sum, value, i) => sum + (value - coarse[i]) ** 2, 0);
    expect(10 * Math.log10((255 * 255 * fine.length) / squares)).toBeGreaterThan(26);
    expect(squares).toBeGreaterThan(0);
  });

  it('shows both eyes, skin and bust before the background', () => {
    const rendered = renderHead(scene(pose()));
    expect(pixelsOf(rendered, 'eyeLeft')).toBeGreaterThan(15);
    expect(pixelsOf(rendered, 'eyeRight')).toBeGreaterThan(15);
    expect(pixelsOf(rendered, 'skin')).toBeGreaterThan(SIZE * SIZE * 0.15);
    expect(rendered.triangles[0]).toBe(-1);
    const [r, g, b] = rendered.image.data.subarray(0, 3);
    expect(b).toBeGreaterThan(g);
    expect(g).toBeGreaterThan(r);
    expect(rendered.image.data.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
  });

  it('covers the eyes with closed lids', () => {
    const open = pixelsOf(renderHead(scene(pose())), 'eyeLeft', 'eyeRight');
    const shut = pixelsOf(renderHead(scene(pose({ blink: 1 }))), 'eyeLeft', 'eyeRight');
    expect(shut).toBeLessThan(open * 0.1);
  });

  it('shows a dark mouth with lighter teeth when the jaw opens, and neither when it is shut', () => {
    const shut = renderHead(scene(pose()));
    const open = renderHead(scene(pose({}, 0.35)));
    const inside = ['mouthBag', 'tongue', 'teethUpper', 'teethLower'] as const;
    expect(pixelsOf(shut, ...inside)).toBeLessThan(12);
    expect(pixelsOf(open, ...inside)).toBeGreaterThan(100);
    const teeth = meanColour(open, 'teethLower');
    const bag = meanColour(open, 'mouthBag');
    expect(teeth[1]).toBeGreaterThan(bag[1] * 1.5);
    expect(Math.max(...bag)).toBeLessThan(140);
  });

  it('colours lips redder than the cheek', () => {
    const rendered = renderHead(scene(pose()));
    const ratio = (x: number, y: number): number => {
      const at = (y * SIZE + x) * 4;
      return rendered.image.data[at + 1] / rendered.image.data[at];
    };
    // Rows below the nose to the chin in the middle of the face: the reddest is a lip.
    const middle = Array.from({ length: 30 }, (_, i) => ratio(SIZE / 2, SIZE / 2 + 6 + i));
    expect(Math.min(...middle)).toBeLessThan(ratio(SIZE / 2 + 14, SIZE / 2 + 12) * 0.93);
  });

  it('turns the picture with the head', () => {
    const turned = pose();
    turned.theta[4] = 0.6;
    const rendered = renderHead(scene(turned));
    // The face looks to the image's right: the eye on the image's left is the subject's right, now in the middle.
    const columns = (part: 'eyeLeft' | 'eyeRight'): number => {
      let sum = 0;
      let count = 0;
      rendered.triangles.forEach((t, pixel) => {
        if (t < 0 || model.triangleParts[t] !== partIndex(model, part)) return;
        sum += pixel % SIZE;
        count++;
      });
      return sum / count;
    };
    expect((columns('eyeLeft') + columns('eyeRight')) / 2).toBeGreaterThan(SIZE / 2 + 5);
  });

  it('puts hair on the head, but not over the eyes when a fringe is cut', () => {
    const hair = { ...PLAIN_LOOK.hair, style: 'bob01', colour: hex('#20e020') };
    const options = { textureSize: 64, refine: false, skyDirections: 4 };
    const green = (fringe: number | null): [number, number] => {
      const look = { ...PLAIN_LOOK, hair: { ...hair, fringe } };
      const rendered = renderHead(scene(pose(), prepareSubject(model, [], look, assets, options)));
      let anywhere = 0;
      let onEyes = 0;
      rendered.triangles.forEach((t, pixel) => {
        const [r, g, b] = rendered.image.data.subarray(pixel * 4, pixel * 4 + 3);
        if (g <= r * 1.3 || g <= b * 1.3) return;
        anywhere++;
        if (t >= 0 && model.triangleParts[t] === partIndex(model, 'eyeRight')) onEyes++;
      });
      return [anywhere, onEyes];
    };
    const [long, over] = green(null);
    const [cut, free] = green(0.42);
    expect(long).toBeGreaterThan(SIZE * SIZE * 0.08);
    expect(over).toBeGreaterThan(10);
    expect(cut).toBeLessThan(long);
    expect(free).toBe(0);
  });

  it('draws any head without look files', () => {
    const bare = prepareSubject(model, [], PLAIN_LOOK, null, {
      textureSize: 64,
      refine: true,
      skyDirections: 4,
    });
    const rendered = renderHead(scene(pose(), bare));
    expect(pixelsOf(rendered, 'skin')).toBeGreaterThan(SIZE * SIZE * 0.15);
    expect(pixelsOf(rendered, 'eyeLeft', 'eyeRight')).toBeGreaterThan(30);
  });
});
