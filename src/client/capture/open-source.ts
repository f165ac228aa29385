import { openCamera } from './camera.ts';
import { openPlayback } from './playback.ts';
import type { OpenSource, SourceChoice } from './source.ts';

/** Clip of a rendered head, made for trying everything without a camera. */
const BUILTIN_DRIVER_URL = '/media/driver.mp4';

/** @throws ServerError FILE_UNPLAYABLE, INSECURE_CONTEXT; DOMException of the camera */
export function openSource(choice: SourceChoice): Promise<OpenSource> {
  switch (choice.kind) {
    case 'camera':
      return openCamera(choice);
    case 'file':
      return openPlayback('file', URL.createObjectURL(choice.file), choice.file.name);
    case 'builtin':
      return openPlayback('builtin', BUILTIN_DRIVER_URL, 'Built-in driver');
  }
}
