import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Scene } from '../session/scene.ts';
import type { WatchModel } from '../session/watch-model.ts';
import { formatMs } from '../ui/format.ts';
import { Icon, Mark } from '../ui/icons.tsx';
import { plainError } from '../ui/plain-words.ts';

/** `null`: the picture speaks for itself. */
const SCENES: Record<Scene, { title: string; advice: string; busy: boolean } | null> = {
  connecting: { title: 'Connecting', advice: '', busy: true },
  waiting: {
    title: 'Waiting for the driver',
    advice: 'The avatar appears here by itself as soon as somebody drives it.',
    busy: true,
  },
  live: null,
  paused: null,
  lost: null,
  away: null,
  restarting: null,
  reconnecting: {
    title: 'Reconnecting',
    advice: 'The connection was lost; it comes back by itself.',
    busy: true,
  },
  refused: null,
  ended: null,
};
const BADGES: Partial<Record<Scene, { words: string; tone: string }>> = {
  live: { words: 'Live', tone: 'live' },
  paused: { words: 'Paused by the driver', tone: 'warn' },
  lost: { words: 'Live', tone: 'live' },
  away: { words: 'The driver is away', tone: 'warn' },
  restarting: { words: 'One moment', tone: 'warn' },
};

export function Viewer({ model }: { model: WatchModel }): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const muted = useSignal(true);
  const playing = useSignal(false);
  const showLatency = useSignal(false);
  const stream = model.avatar.value?.stream ?? null;
  const scene = model.scene.value;
  const hasSound = (stream?.getAudioTracks().length ?? 0) > 0;

  useEffect(() => {
    const element = video.current;
    if (!element || !stream) return;
    element.srcObject = stream;
    element.play().catch(() => {
      // Only silent videos may start by themselves.
      muted.value = true;
      element.muted = true;
      void element.play().catch(() => {});
    });
    return model.follow(element);
  }, [stream]);

  const setMuted = (to: boolean) => {
    const element = video.current;
    if (!element) return;
    element.muted = to;
    muted.value = to;
    if (!to) model.wantSound();
    void element.play().catch(() => {});
  };
  const toggleFull = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void frame.current?.requestFullscreen?.().catch(() => {});
  };
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (event.key === 'm') setMuted(!muted.value);
      else if (event.key === 'f') toggleFull();
      else if (event.key === 'l') showLatency.value = !showLatency.value;
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);

  const badge = BADGES[scene];
  const latency = model.screenMs.value;
  return (
    <main class="viewer" ref={frame}>
      <h1 class="unseen">{model.room.value?.name ?? 'Loki Live'}</h1>
      <div class="picture">
        <video
          ref={video}
          class={playing.value ? '' : 'hidden'}
          aria-label="Live avatar"
          playsInline
          muted
          onLoadedData={() => {
            playing.value = true;
          }}
        />
        <Message model={model} playing={playing.value} />
        {badge && playing.value && (
          <span class={`pill badge ${badge.tone}`} role="status">
            <span class="dot" />
            {badge.words}
          </span>
        )}
        {showLatency.value && (
          <span class="pill latency-pill number">
            Camera to screen {formatMs(latency?.p50)} · 95 % {formatMs(latency?.p95)}
          </span>
        )}
        {playing.value && hasSound && muted.value && (
          <button type="button" class="button primary large sound-first" onClick={() => setMuted(false)}>
            <Icon name="sound" />
            Click for sound
          </button>
        )}
      </div>
      <footer class="viewer-bar">
        <Mark />
        <p class="synthetic">
          <strong>Synthetic media.</strong> <span>You see an avatar, moved live by a person.</span>
        </p>
        <span class="grow" />
        <button
          type="button"
          class="button square"
          aria-label={muted.value ? 'Sound on' : 'Sound off'}
          aria-keyshortcuts="m"
          title={muted.value ? 'Sound on (m)' : 'Sound off (m)'}
          disabled={!hasSound}
          onClick={() => setMuted(!muted.value)}
        >
          <Icon name={muted.value ? 'muted' : 'sound'} />
        </button>
        <button
          type="button"
          class="button square"
          aria-label="Latency"
          aria-pressed={showLatency.value}
          aria-keyshortcuts="l"
          title="Latency (l)"
          onClick={() => {
            showLatency.value = !showLatency.value;
          }}
        >
          <Icon name="chart" />
        </button>
        <button
          type="button"
          class="button square"
          aria-label="Full screen"
          aria-keyshortcuts="f"
          title="Full screen (f)"
          onClick={toggleFull}
        >
          <Icon name="full" />
        </button>
      </footer>
    </main>
  );
}

function Message({ model, playing }: { model: WatchModel; playing: boolean }): JSX.Element | null {
  const phase = model.phase.value;
  const scene = model.scene.value;
  const refused = phase.name === 'ended' || phase.name === 'refused' ? phase : null;
  const error = refused ? plainError(refused.code, refused.message) : null;
  // Until the first frame has come there is something to say even though all is well.
  const words = error
    ? { ...error, busy: phase.name === 'refused' }
    : (SCENES[scene] ?? (playing ? null : { title: 'The avatar is on its way', advice: '', busy: true }));
  return (
    <div class="message-place" role="status">
      {words && (
        <div class={playing ? 'message over' : 'message'}>
          {words.busy ? <span class="spinner" /> : <Icon name="warning" />}
          <h2>{words.title}</h2>
          {words.advice && <p class="quiet">{words.advice}</p>}
          {phase.name === 'ended' && (
            <button type="button" class="button" onClick={() => model.retry()}>
              Try again
            </button>
          )}
        </div>
      )}
    </div>
  );
}
