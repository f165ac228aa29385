/**
 * The tracker's thread: networks, region of interest, all inference. Started by face-tracker.ts. An error other
 * than a refused model ends the thread; the other side then rejects what is pending with `WORKER_DIED`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { LokiError } from '../../errors.ts';
import type { RgbaImage } from '../frame.ts';
import { FaceDetector } from './face-detector.ts';
import { FaceFollower } from './face-follower.ts';
import type { MeshResult } from './face-mesh.ts';
import { loadFaceModels } from './face-models.ts';
import { createMesh } from './mesh-factory.ts';
import { openNetwork } from './onnx-network.ts';
import type { SharedPicture, TrackReply, TrackRequest, TrackWorkerData } from './track-messages.ts';

const port = parentPort!;

function reply(message: TrackReply): void {
  port.postMessage(message);
}

async function start({ modelPaths, refine, numThreads }: TrackWorkerData): Promise<void> {
  try {
    const models = await loadFaceModels(modelPaths, refine);
    const detector = new FaceDetector(await openNetwork(models.detector, numThreads));
    const follower = new FaceFollower(detector, await createMesh(models, numThreads));
    let previous: Promise<void> = Promise.resolve();
    let ended = false;
    port.on('message', (request: TrackRequest) => {
      if (request.kind === 'end') {
        ended = true;
        // Nothing else holds the thread: it ends when the network that runs is done.
        port.close();
        return;
      }
      previous = previous.then(() => (ended ? undefined : answer(follower, request)));
    });
    reply({ kind: 'ready', points: models.points, source: models.source });
  } catch (error) {
    if (!(error instanceof LokiError)) throw error;
    reply({ kind: 'refused', code: error.code, message: error.message });
  }
}

async function answer(
  follower: FaceFollower,
  request: Exclude<TrackRequest, { kind: 'end' }>,
): Promise<void> {
  switch (request.kind) {
    case 'track':
      return replyFace(request.id, await follower.track(imageOf(request.picture)));
    case 'still':
      return replyFace(request.id, await follower.still(imageOf(request.picture), request.box ?? undefined));
    case 'detect':
      return reply({
        kind: 'boxes',
        id: request.id,
        boxes: await follower.detect(imageOf(request.picture)),
      });
    case 'reset':
      return follower.reset();
  }
}

function replyFace(id: number, face: MeshResult | null): void {
  const message: TrackReply = { kind: 'face', id, face };
  port.postMessage(message, face === null ? [] : [face.landmarks.buffer as ArrayBuffer]);
}

function imageOf({ pixels, width, height }: SharedPicture): RgbaImage {
  return { width, height, data: new Uint8Array(pixels, 0, width * height * 4) };
}

await start(workerData as TrackWorkerData);
