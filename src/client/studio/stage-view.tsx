import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { followScreenLatency } from '../session/screen-latency.ts';
import { watchStream } from '../session/stream-watchdog.ts';
import { formatFps, formatMs } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { StreamVideo } from '../ui/stream-video.tsx';
import { StartPanel } from './start-panel.tsx';
import type { StudioModel } from './studio-model.ts';

/** Avatar, and beside it what goes in: the driver and the driver map. */
export function StageView({ studio }: { studio: StudioModel }): JSX.Element {
  return (
    <section class="stage-area" aria-label="Avatar">
      <div class="stage-set">
        <Stage studio={studio} />
        <div class="tiles">
          <SelfTile studio={studio} />
          <MapTile studio={studio} />
          <FigureTile studio={studio} />
        </div>
      </div>
    </section>
  );
}

function Stage({ studio }: { studio: StudioModel }): JSX.Element {
  const playing = useSignal(false);
  const stage = studio.stage.value;
  const avatar = studio.avatar.value;
  const showing = playing.value && stage === 'driving';
  const state = useComputed(() => stateWords(studio)).value;
  const onVideo = (video: HTMLVideoElement) => {
    const stopWatching = watchStream(
      video,
      // Until its first figures the session is being opened, and there is nothing to show.
      () => studio.stage.value === 'driving' && studio.online.value && studio.stats.value !== null,
      () => studio.refreshStream(),
    );
    const stopMeasuring = followScreenLatency({
      video,
      receiver: () => studio.avatarStream.value?.videoReceiver ?? null,
      toServerMs: (ms) => studio.session.toServerMs(ms),
      onQuantiles: (quantiles) => {
        studio.screenMs.value = quantiles;
      },
    });
    return () => {
      stopWatching();
      stopMeasuring();
    };
  };
  return (
    <div class="stage">
      {avatar && (
        <img class="poster" src={avatar.builtin ? avatar.picture : avatar.thumbnail} alt={avatar.alt} />
      )}
      <StreamVideo
        class={showing ? 'avatar-video' : 'avatar-video hidden'}
        stream={studio.avatarStream.value?.stream ?? null}
        label={`Live avatar${avatar ? `: ${avatar.name}` : ''}`}
        onVideo={onVideo}
        onPlaying={(is) => {
          playing.value = is;
        }}
      />
      {stage !== 'driving' && <StartPanel studio={studio} />}
      {stage === 'driving' && (
        <div class="badges">
          <span class={`pill ${state.tone}`} role="status">
            <span class="dot" />
            {state.words}
          </span>
        </div>
      )}
      {studio.pendingAvatar.value && stage === 'driving' && (
        <div class="veil">
          <span class="spinner" />
          <p>Getting {avatar?.name ?? 'the avatar'} ready</p>
        </div>
      )}
      <Countdown studio={studio} />
    </div>
  );
}

function stateWords(studio: StudioModel): { words: string; tone: string } {
  if (!studio.online.value) return { words: 'Reconnecting', tone: 'warn' };
  if (studio.options.value.paused) return { words: 'Paused', tone: 'warn' };
  switch (studio.stats.value?.state ?? studio.room.value?.session) {
    case 'live':
      return { words: 'Live', tone: 'live' };
    case 'lost':
      return { words: 'No face in view', tone: 'warn' };
    case 'restarting':
      return { words: 'One moment', tone: 'warn' };
    case 'calibrating':
      return { words: 'Getting to know your face', tone: 'good' };
    case 'paused':
      return { words: 'Paused', tone: 'warn' };
    default:
      return { words: 'Starting', tone: '' };
  }
}

function Countdown({ studio }: { studio: StudioModel }): JSX.Element | null {
  const left = studio.countdown.value;
  if (left === null) return null;
  return (
    <div class="veil" role="alert">
      <p class="count number" aria-hidden="true">
        {left > 0 ? left : '•'}
      </p>
      <p>{left > 0 ? 'Look straight ahead, mouth closed, face at rest' : 'Hold still'}</p>
    </div>
  );
}

function SelfTile({ studio }: { studio: StudioModel }): JSX.Element {
  const source = studio.source.value;
  const stream = useComputed(() => {
    const video = studio.source.value?.video;
    return video ? new MediaStream([video]) : null;
  }).value;
  const isPrivate = studio.tracking.value === 'private';
  return (
    <figure class="tile">
      {source ? (
        <StreamVideo
          stream={stream}
          label="You, as the camera sees you"
          mirrored={source.kind === 'camera'}
        />
      ) : (
        <div class="tile-empty">
          <Icon name="camera" />
        </div>
      )}
      <figcaption>{isPrivate ? 'You (stays here)' : 'You'}</figcaption>
    </figure>
  );
}

function MapTile({ studio }: { studio: StudioModel }): JSX.Element {
  const url = studio.mapUrl.value;
  return (
    <figure class="tile">
      {url ? (
        <img class="map" src={url} alt="Driver map: which point of the face is where, and how far it moved" />
      ) : (
        <div class="tile-empty">
          <Icon name="face" />
        </div>
      )}
      <figcaption>Driver map</figcaption>
    </figure>
  );
}

function FigureTile({ studio }: { studio: StudioModel }): JSX.Element {
  const driving = studio.stage.value === 'driving';
  const stats = driving ? studio.stats.value : null;
  const screenMs = driving ? studio.screenMs.value : null;
  return (
    <dl class="figures number">
      <div>
        <dt>Frame rate</dt>
        <dd>
          {formatFps(stats?.fpsOut)}
          {stats && <span class="unit"> fps</span>}
        </dd>
      </div>
      <div>
        <dt>Delay</dt>
        <dd>{formatMs(screenMs?.p50)}</dd>
      </div>
    </dl>
  );
}
