import { drawTimeMark, timeMarkHeight } from '../../contract/time-mark.ts';
import { paintTrack } from '../capture/paint-track.ts';
import type { OpenSource } from '../capture/source.ts';

/**
 * The same source, with the moment at which each frame was drawn marked along its top edge.
 *
 * @param serverNowMs clock of the marks
 */
export async function markSource(source: OpenSource, serverNowMs: () => number): Promise<OpenSource> {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([source.video]);
  await video.play();
  const { track, stop } = paintTrack(video, (context, widthPx, heightPx) => {
    const row = context.createImageData(widthPx, timeMarkHeight(heightPx));
    drawTimeMark({ width: widthPx, height: heightPx, data: row.data }, serverNowMs());
    context.putImageData(row, 0, 0);
  });
  track.contentHint = 'motion';
  return {
    ...source,
    video: track,
    close: () => {
      stop();
      video.srcObject = null;
      source.close();
    },
  };
}
