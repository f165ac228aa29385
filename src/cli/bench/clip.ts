import { openVideo } from '../../reenact/codec/open-video.ts';
import { createVideoWriter } from '../../reenact/codec/video-writer.ts';
import type { VideoFrame } from '../../reenact/frame.ts';

const FPS = 25;

/** Writes `count` frames at 25 fps, silent: those of `path` over and over, or its first one alone. */
export async function writeLoopedClip(
  path: string,
  fromPath: string,
  count: number,
  firstOnly: boolean,
): Promise<void> {
  const source = await openVideo(fromPath);
  const writer = await createVideoWriter(path, { width: source.width, height: source.height, fps: FPS });
  try {
    let sequence = 0;
    while (sequence < count) {
      for await (const frame of source.frames()) {
        do await writer.write(restamped(frame, sequence++));
        while (firstOnly && sequence < count);
        if (sequence >= count) break;
      }
    }
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await source.close();
  }
}

function restamped(frame: VideoFrame, sequence: number): VideoFrame {
  const ptsMs = (sequence * 1000) / FPS;
  return { image: frame.image, sequence, ptsMs, captureTimeMs: ptsMs };
}
