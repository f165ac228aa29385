import { ServerError } from '../session/server-error.ts';
import { paintTrack } from './paint-track.ts';
import type { OpenSource } from './source.ts';

/**
 * A video that plays in a loop as if it were a camera, with its sound; nobody hears it here.
 *
 * @throws ServerError FILE_UNPLAYABLE
 */
export async function openPlayback(
  kind: 'file' | 'builtin',
  url: string,
  label: string,
): Promise<OpenSource> {
  const video = document.createElement('video');
  video.loop = true;
  video.playsInline = true;
  video.src = url;
  const sound = new AudioContext();
  const outlet = sound.createMediaStreamDestination();
  // Through Web Audio the sound leaves the loudspeakers alone.
  sound.createMediaElementSource(video).connect(outlet);
  try {
    await video.play();
  } catch (error) {
    // Without a gesture of the user only silent videos may start.
    if (!(error instanceof DOMException && error.name === 'NotAllowedError')) {
      await sound.close();
      throw new ServerError('FILE_UNPLAYABLE', 'The video can not be played.');
    }
    video.muted = true;
    await video.play();
  }
  const captured = capture(video);
  captured.track.contentHint = 'motion';
  let open = true;
  return {
    kind,
    label,
    video: captured.track,
    audio: outlet.stream.getAudioTracks()[0] ?? null,
    close: () => {
      if (!open) return;
      open = false;
      captured.stop();
      outlet.stream.getTracks().forEach(stopTrack);
      video.pause();
      video.removeAttribute('src');
      video.load();
      void sound.close();
      if (url.startsWith('blob:')) URL.revokeObjectURL(url);
    },
  };
}

function capture(video: HTMLVideoElement): { track: MediaStreamTrack; stop: () => void } {
  if ('captureStream' in video) {
    const stream = (video.captureStream as () => MediaStream)();
    const [track] = stream.getVideoTracks();
    if (track) return { track, stop: () => stream.getTracks().forEach(stopTrack) };
  }
  return paintTrack(video, () => {});
}

function stopTrack(track: MediaStreamTrack): void {
  track.stop();
}
