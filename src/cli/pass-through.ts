import { setTimeout as sleep } from 'node:timers/promises';
import { concatMap } from 'rxjs';
import { StageClock } from '../reenact/evaluate/stage-clock.ts';
import { stampOf } from '../reenact/frame.ts';
import { cutOut, readPicture } from '../reenact/identity/portrait.ts';
import type { OpenReenactor } from './animate-job.ts';

/** So that a test has time to interrupt. */
const FRAME_MS = 5;

/** For tests of everything around the pipeline: the picture as it is, once for every frame of the driver. */
export const openPassThrough: OpenReenactor = async (job) => {
  const { image } = await readPicture(job.avatarPath);
  const side = Math.min(image.width, image.height);
  const avatar = await cutOut(image, { x: 0, y: 0, side }, job.sizePx);
  return {
    clock: new StageClock(),
    header: {
      format: 'loki-coefficients',
      version: 1,
      model: 'none',
      modelSha256: '',
      units: ['smile'],
      joints: ['global', 'neck', 'jaw', 'leftEye', 'rightEye'],
    },
    reenact: (frames) =>
      frames.pipe(
        concatMap(async (frame) => {
          await sleep(FRAME_MS);
          return {
            ...stampOf(frame),
            avatar: { ...stampOf(frame), image: avatar },
            commanded: {
              psi: new Float32Array([0.25]),
              theta: new Float32Array(15),
              translation: new Float32Array([0, 0, -1]),
            },
            confidence: frame.sequence % 2,
          };
        }),
      ),
    recycle: () => {},
    driverMapPicture: () => ({ width: 1, height: 1, data: new Uint8Array([0, 128, 0, 255]) }),
    evaluate: () => Promise.reject(new Error('a pass-through has nothing to evaluate')),
    close: async () => {},
  };
};
