/**
 * Finds the driver's face in a worker, so that neither the page nor the camera waits for it. The picture ends here:
 * only landmarks go back.
 */
import { FaceLandmarker, FilesetResolver } from '@mediapipe/tasks-vision';
import type { FromTracker, ToTracker } from './landmark-messages.ts';

let landmarker: FaceLandmarker | null = null;
let lastTimestampMs = 0;
let current: ReadableStreamDefaultReader<VideoFrame> | null = null;
let dropped = 0;

const answer = (message: FromTracker, transfer: Transferable[] = []) =>
  (self as unknown as { postMessage(m: unknown, t: Transferable[]): void }).postMessage(message, transfer);

self.addEventListener('message', (event: MessageEvent<ToTracker>) => {
  const message = event.data;
  if (message.type === 'open') void open(message.modelUrl, message.wasmUrl);
  else if (message.type === 'frames') void readFrames(message.readable);
  else track(message.frame, message.capturedMs);
});

async function open(modelUrl: string, wasmUrl: string): Promise<void> {
  let reason = '';
  for (const delegate of hasGraphicsCard() ? (['GPU', 'CPU'] as const) : (['CPU'] as const)) {
    try {
      const fileset = await FilesetResolver.forVisionTasks(wasmUrl, true);
      landmarker = await FaceLandmarker.createFromOptions(fileset, {
        baseOptions: { modelAssetPath: modelUrl, delegate },
        runningMode: 'VIDEO',
        numFaces: 1,
      });
      answer({ type: 'opened', delegate });
      return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  answer({ type: 'failed', reason });
}

/** Where WebGL is computed by the processor, the models run faster on it directly. */
function hasGraphicsCard(): boolean {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) return false;
  // Its own name where the browser still hides the true one from `RENDERER`.
  const unmasked = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(unmasked ? unmasked.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !/swiftshader|llvmpipe|softpipe|basic render/i.test(renderer);
}

/** Latest wins: the source's own queue holds one frame, and what it overwrites never comes here. */
async function readFrames(readable: ReadableStream<VideoFrame>): Promise<void> {
  await current?.cancel().catch(() => {});
  const reader = readable.getReader();
  current = reader;
  for (;;) {
    const { value: frame, done } = await reader.read();
    if (done) return;
    if (current !== reader) {
      frame.close();
      return;
    }
    track(frame, performance.timeOrigin + performance.now());
  }
}

function track(frame: VideoFrame | ImageBitmap, capturedMs: number): void {
  if (!landmarker) {
    dropped++;
    frame.close();
    return;
  }
  const startMs = performance.now();
  const imageWidth = 'displayWidth' in frame ? frame.displayWidth : frame.width;
  const imageHeight = 'displayHeight' in frame ? frame.displayHeight : frame.height;
  // MediaPipe wants timestamps that only grow.
  lastTimestampMs = Math.max(lastTimestampMs + 1, Math.round(startMs));
  const face = landmarker.detectForVideo(frame, lastTimestampMs).faceLandmarks[0] ?? [];
  frame.close();
  const landmarks = new Float32Array(face.length * 3);
  for (let i = 0; i < face.length; i++) {
    landmarks[i * 3] = face[i].x * imageWidth;
    landmarks[i * 3 + 1] = face[i].y * imageHeight;
    landmarks[i * 3 + 2] = face[i].z * imageWidth;
  }
  const trackingMs = performance.now() - startMs;
  answer({ type: 'face', capturedMs, imageWidth, imageHeight, landmarks, trackingMs, dropped }, [
    landmarks.buffer,
  ]);
  dropped = 0;
}
