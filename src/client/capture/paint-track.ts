/** Draws on the context after each frame of the video; pixels of the video. */
export type Painter = (context: CanvasRenderingContext2D, widthPx: number, heightPx: number) => void;

/** The frames of a playing video element as a track, with something painted over them. */
export function paintTrack(
  video: HTMLVideoElement,
  paint: Painter,
): { track: MediaStreamTrack; stop: () => void } {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('no 2-D canvas');
  // Rate 0: a frame is captured when asked for, so never one half painted.
  const [track] = canvas.captureStream(0).getVideoTracks() as CanvasCaptureMediaStreamTrack[];
  let handle = 0;
  const draw = () => {
    if (canvas.width !== video.videoWidth || canvas.height !== video.videoHeight) {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
    }
    context.drawImage(video, 0, 0);
    paint(context, canvas.width, canvas.height);
    track.requestFrame();
    handle = video.requestVideoFrameCallback(draw);
  };
  handle = video.requestVideoFrameCallback(draw);
  return {
    track,
    stop: () => {
      video.cancelVideoFrameCallback(handle);
      track.stop();
    },
  };
}
