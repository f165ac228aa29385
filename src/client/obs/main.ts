/**
 * The avatar and nothing else, for a browser source: no control, no message, and it never gives up. With
 * `?background=transparent` the room's key colour becomes transparent.
 */
import { effect } from '@preact/signals';
import './obs.css';
import { WatchModel } from '../session/watch-model.ts';
import { parseColour } from './chroma-key.ts';
import { createKeyCanvas } from './key-canvas.ts';

const transparent = new URLSearchParams(location.search).get('background') === 'transparent';
const model = new WatchModel({ forever: true });
const root = document.getElementById('app') ?? document.body;
const video = document.createElement('video');
video.playsInline = true;
root.append(video);
const canvas = document.createElement('canvas');
const keyed = transparent ? createKeyCanvas(canvas) : null;
if (keyed) root.append(canvas);

function keyColour(): string | null {
  const background = model.room.value?.options['background'] as { kind?: string; rgb?: string } | undefined;
  return background?.kind === 'key' ? (background.rgb ?? null) : null;
}

async function play(): Promise<void> {
  try {
    await video.play();
    model.wantSound();
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'NotAllowedError')) return;
    // OBS allows sound; a plain browser may not before somebody clicks.
    video.muted = true;
    await video.play().catch(() => {});
  }
}

effect(() => {
  const stream = model.avatar.value?.stream;
  if (!stream) return;
  video.srcObject = stream;
  void play();
});
model.follow(video);

// While the room has no key colour, the plain picture shows.
effect(() => {
  const cutOut = keyed !== null && keyColour() !== null;
  video.classList.toggle('hidden', cutOut);
  canvas.classList.toggle('hidden', !cutOut);
});
if (keyed) {
  const draw = () => {
    const colour = keyColour();
    if (colour) keyed.draw(video, parseColour(colour));
    video.requestVideoFrameCallback(draw);
  };
  video.requestVideoFrameCallback(draw);
}
model.open();
