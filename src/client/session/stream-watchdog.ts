const STILL_FOR_MS = 6_000;
const LOOK_EVERY_MS = 1_000;

/**
 * Notices a picture that stands still although it should move: after a break that neither transport nor server
 * noticed, watching again is what helps.
 *
 * @param moving whether frames are expected @returns stops it
 */
export function watchStream(video: HTMLVideoElement, moving: () => boolean, onStill: () => void): () => void {
  let frames = -1;
  let sinceMs = performance.now();
  const timer = setInterval(() => {
    const shown = video.getVideoPlaybackQuality().totalVideoFrames;
    const nowMs = performance.now();
    if (shown !== frames || !moving() || document.hidden) {
      frames = shown;
      sinceMs = nowMs;
    } else if (nowMs - sinceMs > STILL_FOR_MS) {
      sinceMs = nowMs;
      onStill();
    }
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
