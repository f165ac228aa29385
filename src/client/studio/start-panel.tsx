import type { JSX } from 'preact';
import { Icon } from '../ui/icons.tsx';
import { readChoices } from './room-memory.ts';
import type { StudioModel } from './studio-model.ts';
import { VideoFileButton } from './video-file-button.tsx';

/** The way in: one big button, and two for those without a camera. */
export function StartPanel({ studio }: { studio: StudioModel }): JSX.Element {
  const avatar = studio.avatar.value;
  if (studio.stage.value === 'starting') {
    return (
      <div class="start" role="status">
        <span class="spinner" />
        <p>Starting. If the browser asks, allow the camera.</p>
      </div>
    );
  }
  const waiting = !studio.online.value;
  return (
    <div class="start">
      <h2>{avatar ? `Be ${avatar.name}` : 'Be somebody else'}</h2>
      <p class="quiet">Your face moves the avatar, live. Viewers never see your camera.</p>
      <button
        type="button"
        class="button primary large"
        disabled={waiting}
        onClick={() => void studio.start({ kind: 'camera', sound: true, ...readChoices() })}
      >
        <Icon name="camera" />
        Start with my camera
      </button>
      <div class="start-more">
        <button
          type="button"
          class="button"
          disabled={waiting}
          onClick={() => void studio.start({ kind: 'builtin' })}
        >
          <Icon name="play" filled />
          Try with the built-in driver
        </button>
        <VideoFileButton studio={studio} words="Use a video file" disabled={waiting} />
      </div>
    </div>
  );
}
