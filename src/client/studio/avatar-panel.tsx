import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Icon } from '../ui/icons.tsx';
import { AvatarUpload } from './avatar-upload.tsx';
import type { StudioModel } from './studio-model.ts';

export function AvatarPanel({ studio }: { studio: StudioModel }): JSX.Element {
  const list = studio.avatars.value;
  const chosen = studio.room.value?.avatarId;
  const pending = studio.pendingAvatar.value;
  const uploading = useSignal(false);
  return (
    <div class="panel">
      <h2>Choose an avatar</h2>
      <ul class="gallery" aria-label="Avatars">
        {list?.avatars.map((avatar) => (
          <li key={avatar.id} class={avatar.id === chosen ? 'chosen' : ''}>
            <button
              type="button"
              aria-pressed={avatar.id === chosen}
              aria-busy={avatar.id === pending}
              onClick={() => void studio.chooseAvatar(avatar.id)}
            >
              <img src={avatar.thumbnail} alt={avatar.alt} width={256} height={256} loading="lazy" />
              <span class="name">{avatar.name}</span>
              {avatar.id === pending && <span class="spinner" />}
              {avatar.id === chosen && avatar.id !== pending && (
                <span class="tick">
                  <Icon name="check" />
                </span>
              )}
            </button>
            {avatar.deletable && (
              <button
                type="button"
                class="delete"
                aria-label={`Delete ${avatar.name}`}
                onClick={() => void studio.removeAvatar(avatar.id)}
              >
                <Icon name="trash" />
              </button>
            )}
          </li>
        ))}
        {!list && Array.from({ length: 9 }, (_, i) => <li key={i} class="empty" aria-hidden="true" />)}
      </ul>
      {list &&
        (uploading.value ? (
          <AvatarUpload studio={studio} limits={list.upload} onDone={() => (uploading.value = false)} />
        ) : (
          <button type="button" class="button" onClick={() => (uploading.value = true)}>
            <Icon name="plus" />
            Use a picture of your own
          </button>
        ))}
    </div>
  );
}
