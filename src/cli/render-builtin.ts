import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { createVideoWriter } from '../reenact/codec/video-writer.ts';
import type { RgbaImage } from '../reenact/frame.ts';
import type { HeadModel } from '../reenact/head/head-model.ts';
import { loadHeadModel } from '../reenact/head/load-head-model.ts';
import { BUILTIN_PEOPLE, type BuiltinPerson, DRIVER_PERSON } from '../render/builtin-people.ts';
import { type LookAssets, loadLookAssets } from '../render/look-file.ts';
import { paintOver } from '../render/painted.ts';
import { createDriverPerformance } from '../render/performance/driver-performance.ts';
import { encodeWav, synthesiseVoice } from '../render/performance/voice.ts';
import { portraitScene, prepareBuiltin } from '../render/portrait.ts';
import { renderHead } from '../render/render-head.ts';
import type { RenderScene } from '../render/scene.ts';
import type { Subject } from '../render/subject.ts';

/**
 * Draws what stands in models/builtin: `npx tsx src/cli/render-builtin.ts avatars|driver|sheet|all [id …]`.
 * The same head file and code give the same pictures.
 */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILTIN = join(ROOT, 'models/builtin');
const AVATAR_PX = 768;
const DRIVER_PX = 512;
const DRIVER_FPS = 25;
const SOUND_HZ = 48_000;

interface Shapes {
  readonly headSha256: string;
  readonly shapes: Record<string, number[]>;
}

interface Studio {
  readonly model: HeadModel;
  readonly assets: LookAssets;
  readonly shapes: Shapes['shapes'];
}

async function main(): Promise<void> {
  const [command = 'all', ...ids] = process.argv.slice(2);
  const model = await loadHeadModel(join(ROOT, 'models/head/open-head.bin'));
  const assets = await loadLookAssets(join(ROOT, 'models/head/look'));
  const shapes = JSON.parse(await readFile(join(BUILTIN, 'shapes.json'), 'utf8')) as Shapes;
  if (shapes.headSha256 !== model.sha256)
    console.warn(
      'models/builtin/shapes.json was made for another head file: run models/builtin/shapes.py again',
    );
  const studio: Studio = { model, assets, shapes: shapes.shapes };
  if (command === 'avatars' || command === 'all') await drawAvatars(studio, ids);
  if (command === 'sheet' || command === 'avatars' || command === 'all') await drawSheet();
  if (command === 'driver' || command === 'all') await drawDriver(studio);
  await writeSums();
}

async function drawAvatars(studio: Studio, ids: readonly string[]): Promise<void> {
  await mkdir(join(BUILTIN, 'avatars'), { recursive: true });
  for (const person of BUILTIN_PEOPLE) {
    if (ids.length > 0 && !ids.includes(person.id)) continue;
    const beganMs = performance.now();
    const picture = drawPortrait(studio, person);
    const jpeg = await toSharp(picture)
      .jpeg({ quality: 92, chromaSubsampling: '4:4:4', mozjpeg: true })
      .toBuffer();
    await writeFile(join(BUILTIN, 'avatars', `${person.id}.jpg`), jpeg);
    console.log(
      `${person.id}.jpg  ${(jpeg.length / 1024).toFixed(0)} KB  ${(performance.now() - beganMs).toFixed(0)} ms`,
    );
  }
  const list = BUILTIN_PEOPLE.map(({ id, name, alt, style, look }) => ({
    id,
    name,
    file: `${id}.jpg`,
    alt,
    style,
    seed: look.seed,
  }));
  await writeFile(join(BUILTIN, 'avatars/avatars.json'), `${JSON.stringify(list, null, 2)}\n`);
}

function drawPortrait({ model, assets, shapes }: Studio, person: BuiltinPerson): RgbaImage {
  const subject = prepareBuiltin(person, shapes[person.id], model, assets, 2048);
  const { image } = renderHead(portraitScene(person, subject, AVATAR_PX));
  return person.style === 'painted' ? paintOver(image, Math.round(AVATAR_PX / 160), person.look.seed) : image;
}

/** docs/images/avatars.png: all avatars, five in a row. */
async function drawSheet(): Promise<void> {
  const cell = 224;
  const columns = 5;
  const tiles = await Promise.all(
    BUILTIN_PEOPLE.map(async ({ id }, i) => ({
      input: await sharp(join(BUILTIN, 'avatars', `${id}.jpg`))
        .resize(cell, cell)
        .toBuffer(),
      left: (i % columns) * cell,
      top: Math.floor(i / columns) * cell,
    })),
  );
  await mkdir(join(ROOT, 'docs/images'), { recursive: true });
  await sharp({
    create: {
      width: columns * cell,
      height: Math.ceil(tiles.length / columns) * cell,
      channels: 3,
      background: '#fff',
    },
  })
    .composite(tiles)
    .png({ compressionLevel: 9, adaptiveFiltering: true })
    .toFile(join(ROOT, 'docs/images/avatars.png'));
}

async function drawDriver({ model, assets, shapes }: Studio): Promise<void> {
  const act = createDriverPerformance(model);
  const subject = prepareBuiltin(DRIVER_PERSON, shapes[DRIVER_PERSON.id], model, assets, 1024);
  const still = driverScene(subject);
  const folder = await mkdtemp(join(tmpdir(), 'driver-'));
  const wav = join(folder, 'voice.wav');
  await writeFile(wav, encodeWav(synthesiseVoice(act.phones, act.durationS, SOUND_HZ, 3), SOUND_HZ));
  const writer = await createVideoWriter(join(BUILTIN, 'driver.mp4'), {
    width: DRIVER_PX,
    height: DRIVER_PX,
    fps: DRIVER_FPS,
    audioFrom: wav,
    crf: 19,
    preset: 'slow',
    description: 'Render of the open head, CC0',
  });
  const truth: string[] = [];
  const count = Math.round(act.durationS * DRIVER_FPS);
  const times: number[] = [];
  for (let sequence = 0; sequence < count; sequence++) {
    const moment = act.at(sequence / DRIVER_FPS);
    const ptsMs = (sequence * 1000) / DRIVER_FPS;
    const beganMs = performance.now();
    const { image } = renderHead({ ...still, coefficients: moment.coefficients });
    times.push(performance.now() - beganMs);
    await writer.write({ sequence, ptsMs, captureTimeMs: ptsMs, image });
    truth.push(truthLine(model, sequence, ptsMs, moment));
    if (sequence % 50 === 49) console.log(`${sequence + 1}/${count}`);
  }
  const written = await writer.finish();
  await rm(folder, { recursive: true });
  const header = {
    description:
      'Motion of driver.mp4: angles in degrees of the whole head (R = Ry(yaw) Rx(pitch) Rz(roll)), jaw, lids 0..1 (left, right), gaze in the head (yaw to the left, pitch down), units above 0 by name.',
    headSha256: model.sha256,
    fps: DRIVER_FPS,
    camera: { focalPx: still.camera.focalPx, centreX: still.camera.centreX, centreY: still.camera.centreY },
    beta: shapes[DRIVER_PERSON.id],
    sections: act.sections,
  };
  const lines = [JSON.stringify(header), ...truth, ''].join('\n');
  await writeFile(join(BUILTIN, 'driver.truth.ndjson.gz'), gzipSync(lines, { level: 9 }));
  const file = await readFile(written.path);
  times.sort((a, b) => a - b);
  console.log(
    `driver.mp4  ${(file.length / 1024).toFixed(0)} KB, sound ${written.audio}, ${times[count >> 1].toFixed(0)} ms a frame (median)`,
  );
}

/** Nearer than the portraits, as people sit before a webcam. */
function driverScene(subject: Subject): RenderScene {
  const scene = portraitScene(DRIVER_PERSON, subject, DRIVER_PX);
  const { focalPx, centreX, centreY } = scene.camera;
  return { ...scene, samples: 2, camera: { focalPx: focalPx * 1.12, centreX, centreY: centreY * 1.06 } };
}

function truthLine(
  model: HeadModel,
  sequence: number,
  ptsMs: number,
  moment: ReturnType<ReturnType<typeof createDriverPerformance>['at']>,
): string {
  const degrees = (rad: number): number => Math.round((rad * 180 * 1000) / Math.PI) / 1000;
  const round = (value: number): number => Math.round(value * 1e4) / 1e4;
  const { coefficients } = moment;
  const units: Record<string, number> = {};
  coefficients.psi.forEach((value, i) => {
    if (value !== 0) units[model.expressionUnits[i].name] = Math.round(value * 1000) / 1000;
  });
  return JSON.stringify({
    sequence,
    ptsMs,
    yaw: degrees(moment.yawRad),
    pitch: degrees(moment.pitchRad),
    roll: degrees(moment.rollRad),
    jaw: degrees(moment.jawRad),
    lids: moment.lids.map(round),
    gaze: moment.gaze.map(degrees),
    theta: [...coefficients.theta].map(round),
    translation: [...coefficients.translation].map(round),
    units,
  });
}

/** models/builtin/SHA256SUMS, as `sha256sum -c` reads it. */
async function writeSums(): Promise<void> {
  const files = [
    ...BUILTIN_PEOPLE.map(({ id }) => `avatars/${id}.jpg`),
    'avatars/avatars.json',
    'driver.mp4',
    'driver.truth.ndjson.gz',
    'shapes.json',
  ];
  const lines = await Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(join(BUILTIN, file));
      return `${createHash('sha256').update(bytes).digest('hex')}  ${file}\n`;
    }),
  );
  await writeFile(join(BUILTIN, 'SHA256SUMS'), lines.join(''));
}

function toSharp(image: RgbaImage): Sharp {
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels: 4 } }).removeAlpha();
}

await main();
