import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface StreamVideoProps {
  readonly stream: MediaStream | null;
  readonly label: string;
  readonly mirrored?: boolean;
  readonly muted?: boolean;
  readonly class?: string;
  /** The element once it shows a stream. @returns undoes it */
  readonly onVideo?: (video: HTMLVideoElement) => (() => void) | undefined;
  /** With each change of whether frames are shown. */
  readonly onPlaying?: (playing: boolean) => void;
}

/** A live stream; starts by itself, muted unless told otherwise. */
export function StreamVideo(props: StreamVideoProps): JSX.Element {
  const { stream, label, mirrored = false, muted = true, onVideo, onPlaying } = props;
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    video.muted = muted;
  }, [muted]);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    video.srcObject = stream;
    if (!stream) {
      onPlaying?.(false);
      return;
    }
    video.play().catch(() => {
      // Hidden or not allowed yet; `autoplay` starts it when it may.
    });
    return onVideo?.(video);
  }, [stream]);
  return (
    <video
      ref={element}
      class={`${props.class ?? ''}${mirrored ? ' mirrored' : ''}`}
      aria-label={label}
      autoplay
      playsInline
      muted={muted}
      onLoadedData={() => onPlaying?.(true)}
      onEmptied={() => onPlaying?.(false)}
    />
  );
}
