import { ServerError } from '../session/server-error.ts';
import type { OpenSource, SourceChoice } from './source.ts';

const VIDEO: MediaTrackConstraints = {
  width: { ideal: 640 },
  height: { ideal: 480 },
  frameRate: { ideal: 30 },
};
/** The browser's own processing suits speech, and a headset's wearer is not the only one in the room. */
const AUDIO: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

/**
 * Camera and microphone. Without a microphone (none there, or refused) the picture comes alone.
 *
 * @throws ServerError INSECURE_CONTEXT; DOMException NotAllowedError, NotFoundError, NotReadableError…
 */
export async function openCamera(choice: Extract<SourceChoice, { kind: 'camera' }>): Promise<OpenSource> {
  if (!window.isSecureContext || !navigator.mediaDevices) {
    throw new ServerError('INSECURE_CONTEXT', 'The camera needs a secure page.');
  }
  const video = { ...VIDEO, ...exactly(choice.cameraId) };
  const audio = { ...AUDIO, ...exactly(choice.microphoneId) };
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video, audio: choice.sound ? audio : false });
  } catch (error) {
    if (!choice.sound) throw error;
    stream = await navigator.mediaDevices.getUserMedia({ video });
  }
  const [track] = stream.getVideoTracks();
  track.contentHint = 'motion';
  const sound = stream.getAudioTracks()[0] ?? null;
  return {
    kind: 'camera',
    label: track.label || 'Camera',
    video: track,
    audio: sound,
    close: () => {
      for (const each of stream.getTracks()) each.stop();
    },
  };
}

function exactly(deviceId: string | undefined): MediaTrackConstraints {
  return deviceId ? { deviceId: { exact: deviceId } } : {};
}
