import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { LokiError } from '../errors.ts';
import { type CalibrationSample, createSample } from '../reenact/fit/calibration-sample.ts';
import { embedLandmarks } from '../reenact/fit/embed-landmarks.ts';
import { reportEmbedding } from '../reenact/fit/embedding-report.ts';
import { saveLandmarkEmbedding } from '../reenact/fit/landmark-embedding.ts';
import { learnResponse } from '../reenact/fit/learn-response.ts';
import type { HeadModel } from '../reenact/head/head-model.ts';
import { loadHeadModel } from '../reenact/head/load-head-model.ts';
import { shapeHead } from '../reenact/head/shape-head.ts';
import { createFaceTracker } from '../reenact/track/face-tracker.ts';
import type { FaceTracker } from '../reenact/track/types.ts';
import { type LookAssets, loadLookAssets } from '../render/look-file.ts';
import { createRandom } from '../render/random.ts';
import { sampleLights } from '../render/random-person.ts';
import { renderHead } from '../render/render-head.ts';
import { prepareSubject } from '../render/subject.ts';
import { calibrationPerson, randomShot } from './calibration-scenes.ts';

const USAGE = `Finds where on a head the tracker's landmarks lie, from renders of it with known parameters.

  npm run calibrate -- [--head FILE] [--out FILE] [--people N] [--shots N] [--seed N]

  --head    head file; models/head/open-head.bin by default
  --out     where the embedding goes; beside the head file, .landmarks.json, by default
  --people  people that the points are fitted on, 48 by default; half as many again are held out to judge them
  --shots   pictures of each, 12 by default
  --seed    1 by default: the same seed gives the same embedding
  --models  the tracker's models (.task file or folder of the npm package), may be given again: the embedding then
            suits them all; where the tracker looks by default
`;

/** One picture in so many is lost when the tracker does not find the face in it; more is a fault. */
const MAX_LOST_SHARE = 0.2;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      head: { type: 'string', default: 'models/head/open-head.bin' },
      out: { type: 'string' },
      people: { type: 'string', default: '48' },
      shots: { type: 'string', default: '12' },
      seed: { type: 'string', default: '1' },
      models: { type: 'string', multiple: true },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const people = count('--people', values.people);
  const shots = count('--shots', values.shots);
  const seed = count('--seed', values.seed);
  const out = values.out ?? values.head.replace(/\.bin$/, '.landmarks.json');
  const model = await loadHeadModel(values.head);
  const lookFolder = join(dirname(values.head), 'look');
  const assets = existsSync(lookFolder) ? await loadLookAssets(lookFolder) : null;
  const trackers = await Promise.all(
    (values.models ?? [null]).map((path) => createFaceTracker(path === null ? {} : { modelPaths: [path] })),
  );
  try {
    if (trackers.some(({ points }) => points !== 478))
      throw new LokiError(
        'MODEL_MISSING',
        'Calibration needs a tracker model with irises: give one with --models.',
      );
    const total = people + Math.ceil(people / 2);
    const samples: CalibrationSample[] = [];
    for (let identity = 0; identity < total; identity++) {
      samples.push(...(await shoot(model, assets, trackers, identity, shots, seed)));
      console.log(
        `person ${identity + 1} of ${total}: ${samples.length} of ${(identity + 1) * shots * trackers.length} pictures tracked`,
      );
    }
    if (samples.length < (1 - MAX_LOST_SHARE) * total * shots * trackers.length)
      throw new LokiError('INTERNAL', 'The tracker finds too few faces in the renders: look at them first.');
    const fitted = samples.filter(({ identity }) => identity < people);
    const heldOut = samples.filter(({ identity }) => identity >= people);
    const still = embedLandmarks(model, fitted, heldOut);
    const embedding = { ...still, response: learnResponse(still, fitted) };
    const errors = reportEmbedding(model, embedding, heldOut);
    console.table(errors);
    const report = {
      people,
      heldOut: total - people,
      shots,
      seed,
      trackers: trackers.map(({ source }) => source),
      medianErrorPercentIod: errors,
    };
    await saveLandmarkEmbedding(out, embedding, report);
    console.log(`Wrote ${out}.`);
  } finally {
    await Promise.all(trackers.map((tracker) => tracker.close()));
  }
}

/** Draws and tracks one person's pictures. */
async function shoot(
  model: HeadModel,
  assets: LookAssets | null,
  trackers: readonly FaceTracker[],
  identity: number,
  shots: number,
  seed: number,
): Promise<CalibrationSample[]> {
  const random = createRandom(seed * 1000 + identity);
  const person = calibrationPerson(seed * 1000 + identity, model);
  const shaped = shapeHead(model, person.beta);
  const subject = prepareSubject(model, person.beta, person.look, assets, {
    textureSize: 512,
    refine: false,
  });
  const samples: CalibrationSample[] = [];
  for (let index = 0; index < shots; index++) {
    const { coefficients, camera, sizePx } = randomShot(shaped, random, index);
    const { image } = renderHead({
      subject,
      coefficients,
      camera,
      width: sizePx,
      height: sizePx,
      samples: 1,
      lights: sampleLights(random),
      background: person.background,
      style: 'natural',
      exposure: 1,
    });
    for (const tracker of trackers) {
      const face = await tracker.trackStill(image);
      if (face !== null) samples.push(createSample(identity, shaped, coefficients, camera, face));
    }
  }
  return samples;
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new LokiError('INVALID_OPTION', `${option} takes a whole number from 1, not ${text}.`);
  return value;
}

main().catch((error: unknown) => {
  if (!(error instanceof LokiError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
});
