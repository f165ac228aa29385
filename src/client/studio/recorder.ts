import { recordingName } from '../ui/format.ts';
import { markSynthetic } from './provenance.ts';

const FORMATS = [
  { mimeType: 'video/mp4;codecs=avc1.42E01F,opus', extension: 'mp4' },
  { mimeType: 'video/webm;codecs=vp8,opus', extension: 'webm' },
  { mimeType: 'video/mp4', extension: 'mp4' },
];
/** Two hours or so; a recording that long is ended and saved rather than growing on. */
const MAX_BYTES = 2 ** 31;
const BITRATE_BPS = 2_500_000;

export interface Recording {
  readonly startedMs: number;
  /** Ends it and hands the file to the browser's downloads; idempotent. @returns the file's name */
  stop(): Promise<string>;
}

/** Records the avatar as viewers see it: the label is in the picture, and the file says that it is synthetic. */
export function record(stream: MediaStream, onFull: () => void): Recording {
  const format = FORMATS.find(({ mimeType }) => MediaRecorder.isTypeSupported(mimeType)) ?? FORMATS[1];
  const recorder = new MediaRecorder(stream, {
    mimeType: format.mimeType,
    videoBitsPerSecond: BITRATE_BPS,
  });
  const parts: Blob[] = [];
  let bytes = 0;
  const startedMs = Date.now();
  recorder.addEventListener('dataavailable', ({ data }) => {
    parts.push(data);
    bytes += data.size;
    if (bytes > MAX_BYTES) onFull();
  });
  const ended = new Promise<void>((resolve) => {
    recorder.addEventListener('stop', () => resolve(), { once: true });
  });
  recorder.start(1000);
  let saved: Promise<string> | null = null;
  const save = async () => {
    if (recorder.state !== 'inactive') recorder.stop();
    await ended;
    const name = recordingName(new Date(startedMs), format.extension);
    const marked = markSynthetic(new Uint8Array(await new Blob(parts).arrayBuffer()));
    const type = format.mimeType.split(';')[0];
    download(new Blob([marked as Uint8Array<ArrayBuffer>], { type }), name);
    return name;
  };
  return { startedMs, stop: () => (saved ??= save()) };
}

function download(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
