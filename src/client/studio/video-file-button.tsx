import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { Icon } from '../ui/icons.tsx';
import type { StudioModel } from './studio-model.ts';

interface VideoFileButtonProps {
  readonly studio: StudioModel;
  readonly words: string;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
}

/** Asks for a video file and drives with it. */
export function VideoFileButton({
  studio,
  words,
  disabled = false,
  pressed,
}: VideoFileButtonProps): JSX.Element {
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={disabled}
        aria-pressed={pressed}
        onClick={() => file.current?.click()}
      >
        <Icon name="film" />
        {words}
      </button>
      <input
        ref={file}
        type="file"
        accept="video/*"
        hidden
        aria-label="Video file"
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (chosen) void studio.start({ kind: 'file', file: chosen });
        }}
      />
    </>
  );
}
