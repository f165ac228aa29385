import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { createVideoWriter } from '../../reenact/codec/video-writer.ts';
import type { RgbaImage } from '../../reenact/frame.ts';
import type { HeadModel } from '../../reenact/head/head-model.ts';
import { type LookAssets, loadLookAssets } from '../../render/look-file.ts';
import { createDriverPerformance } from '../../render/performance/driver-performance.ts';
import { samplePerson } from '../../render/random-person.ts';
import { renderHead } from '../../render/render-head.ts';
import type { RenderScene } from '../../render/scene.ts';
import { prepareSubject } from '../../render/subject.ts';
import type { NamedPath } from './types.ts';

/** No training uses seeds from here on: whoever is drawn from them was never seen. */
export const HELD_OUT_SEED = 7_000_000;

const PICTURE_PX = 512;
const FPS = 25;
const SECONDS = 4;
const DISTANCE_M = 1.25;
/** Picture heights a metre at that distance: as people sit before a webcam. */
const SCALE = 2.3;
/** Where in the built-in performance each person's clip begins: speech, turns, nods and tilts, expressions. */
const BEGINS_S = [1, 7.7, 12, 16];
const LOOK_FOLDER = fileURLToPath(new URL('../../../models/head/look', import.meta.url));

/** Somebody who does not exist: a picture at rest, and a clip of the same person in the same picture. */
export interface SyntheticPerson {
  readonly portrait: NamedPath;
  readonly clip: NamedPath;
}

/**
 * Draws held-out people into `folder`, those that are not there already; some 25 seconds each.
 *
 * @param model the open head: what hair and clothes belong to
 * @param frames of each clip at most
 */
export async function renderHeldOutPeople(
  folder: string,
  model: HeadModel,
  count: number,
  frames: number,
  onPerson: (name: string) => void,
): Promise<SyntheticPerson[]> {
  const assets = await loadLookAssets(LOOK_FOLDER);
  const people: SyntheticPerson[] = [];
  for (let index = 0; index < count; index++) {
    const name = `p${index}`;
    const length = Math.min(frames, FPS * SECONDS);
    const portrait = join(folder, `${name}-portrait.png`);
    const clip = join(folder, `${name}-${length}.mp4`);
    if (!existsSync(clip) || !existsSync(portrait)) {
      onPerson(name);
      await renderPerson(model, assets, index, { portrait, clip, length });
    }
    people.push({ portrait: { name, path: portrait }, clip: { name, path: clip } });
  }
  return people;
}

async function renderPerson(
  model: HeadModel,
  assets: LookAssets,
  index: number,
  { portrait, clip, length }: { portrait: string; clip: string; length: number },
): Promise<void> {
  const person = samplePerson(HELD_OUT_SEED + index, model.shapeCount);
  const subject = prepareSubject(model, person.beta, person.look, assets, {
    textureSize: 1024,
    refine: true,
  });
  const act = createDriverPerformance(model, HELD_OUT_SEED + index);
  const draw = (timeS: number): RgbaImage => {
    const scene: RenderScene = {
      subject,
      coefficients: act.at(timeS).coefficients,
      camera: {
        focalPx: SCALE * PICTURE_PX * DISTANCE_M,
        centreX: PICTURE_PX / 2,
        centreY: PICTURE_PX * 0.5,
      },
      width: PICTURE_PX,
      height: PICTURE_PX,
      samples: 2,
      lights: person.lights,
      background: person.background,
      style: 'natural',
      exposure: 1,
    };
    return renderHead(scene).image;
  };
  const { width, height, data } = draw(0);
  await sharp(data, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .png()
    .toFile(portrait);
  const writer = await createVideoWriter(clip, {
    width,
    height,
    fps: FPS,
    crf: 12,
    description: 'Render of the open head, CC0',
  });
  const beginS = BEGINS_S[index % BEGINS_S.length];
  try {
    for (let sequence = 0; sequence < length; sequence++) {
      const ptsMs = (sequence * 1000) / FPS;
      await writer.write({ sequence, ptsMs, captureTimeMs: ptsMs, image: draw(beginS + sequence / FPS) });
    }
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
