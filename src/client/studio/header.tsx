import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { SessionPhase } from '../session/session-machine.ts';
import { count } from '../ui/format.ts';
import { Icon, Mark } from '../ui/icons.tsx';
import { ShareDialog } from './share-dialog.tsx';
import type { StudioModel } from './studio-model.ts';

const CONNECTION: Record<SessionPhase['name'], { words: string; tone: string }> = {
  connecting: { words: 'Connecting', tone: '' },
  online: { words: 'Connected', tone: 'good' },
  lost: { words: 'Reconnecting', tone: 'warn' },
  refused: { words: 'Waiting', tone: 'warn' },
  ended: { words: 'Disconnected', tone: 'warn' },
};

export function Header({ studio }: { studio: StudioModel }): JSX.Element {
  const sharing = useSignal(false);
  const { words, tone } = CONNECTION[studio.phase.value.name];
  const room = studio.room.value;
  const driving = studio.stage.value === 'driving';
  return (
    <header class="bar">
      <Mark />
      <h1>Loki Live</h1>
      <span class="room quiet">{room?.name}</span>
      <span class="grow" />
      {room && (
        <span class="pill viewers">
          <Icon name="people" />
          {count(room.viewers, 'viewer')}
        </span>
      )}
      <span class={`pill connection ${tone}`} role="status">
        <span class="dot" />
        {words}
      </span>
      <button
        type="button"
        class={driving ? 'button primary' : 'button'}
        disabled={!room}
        onClick={() => {
          sharing.value = true;
          void studio.readLinks();
        }}
      >
        <Icon name="share" />
        Share
      </button>
      {sharing.value && <ShareDialog studio={studio} onClose={() => (sharing.value = false)} />}
    </header>
  );
}
