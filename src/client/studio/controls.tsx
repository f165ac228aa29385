import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { EXPRESSION_PRESETS } from '../../contract/expression-presets.ts';
import { formatDuration } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import type { StudioModel } from './studio-model.ts';

export function Controls({ studio }: { studio: StudioModel }): JSX.Element {
  const driving = studio.stage.value === 'driving';
  const { paused, mirror } = studio.options.value;
  return (
    <div class="controls">
      <div class="control-row" role="toolbar" aria-label="Driving">
        <button
          type="button"
          class="button"
          aria-pressed={paused}
          aria-keyshortcuts="Space"
          disabled={!driving}
          onClick={() => studio.togglePause()}
        >
          <Icon name={paused ? 'play' : 'pause'} filled={paused} />
          {paused ? 'Go on' : 'Pause'}
          <kbd>space</kbd>
        </button>
        <button
          type="button"
          class="button"
          disabled={!driving || studio.countdown.value !== null}
          onClick={() => void studio.calibrate()}
        >
          <Icon name="face" />
          Calibrate
        </button>
        <button
          type="button"
          class="button"
          aria-pressed={mirror}
          onClick={() => studio.change({ mirror: !mirror })}
        >
          <Icon name="mirror" />
          Mirror
        </button>
        <RecordButton studio={studio} />
        <button type="button" class="button" disabled={!driving} onClick={() => void studio.stop()}>
          <Icon name="stop" filled />
          Stop
        </button>
      </div>
      <div class="chips" role="toolbar" aria-label="Expressions, held until pressed again">
        {EXPRESSION_PRESETS.map((name, index) => (
          <button
            key={name}
            type="button"
            class="chip"
            aria-pressed={studio.options.value.hotkey === name}
            aria-keyshortcuts={String(index + 1)}
            disabled={!driving}
            onClick={() => studio.toggleHotkey(name)}
          >
            <kbd>{index + 1}</kbd>
            {name[0].toUpperCase() + name.slice(1)}
          </button>
        ))}
      </div>
    </div>
  );
}

function RecordButton({ studio }: { studio: StudioModel }): JSX.Element {
  const recording = studio.recording.value;
  const nowMs = useSignal(0);
  useEffect(() => {
    if (!recording) return;
    const tick = () => {
      nowMs.value = Date.now();
    };
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [recording]);
  return (
    <button
      type="button"
      class={recording ? 'button recording' : 'button'}
      disabled={!recording && (studio.stage.value !== 'driving' || !studio.avatarStream.value)}
      onClick={() => void studio.toggleRecording()}
    >
      <Icon name={recording ? 'stop' : 'record'} filled />
      {recording ? 'Save' : 'Record'}
      {recording && <span class="number">{formatDuration(nowMs.value - recording.startedMs)}</span>}
    </button>
  );
}
