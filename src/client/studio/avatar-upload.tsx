import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { errorCode, errorText } from '../session/server-error.ts';
import { Icon } from '../ui/icons.tsx';
import { type PlainError, plainError } from '../ui/plain-words.ts';
import { ProblemBox } from '../ui/problem-box.tsx';
import type { AvatarList } from './api.ts';
import type { StudioModel } from './studio-model.ts';

interface AvatarUploadProps {
  readonly studio: StudioModel;
  readonly limits: AvatarList['upload'];
  readonly onDone: () => void;
}

/** Picture, name, and the word of whoever uploads that the person shown agrees. */
export function AvatarUpload({ studio, limits, onDone }: AvatarUploadProps): JSX.Element {
  const picture = useSignal<File | null>(null);
  const preview = useSignal<string | null>(null);
  const name = useSignal('');
  const consent = useSignal(false);
  const busy = useSignal(false);
  const over = useSignal(false);
  const problem = useSignal<PlainError | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const nameId = useId();

  useEffect(() => () => void (preview.value && URL.revokeObjectURL(preview.value)), []);

  const take = (file: File | undefined) => {
    if (!file) return;
    problem.value = null;
    if (!limits.formats.includes(file.type)) {
      problem.value = plainError('INPUT_UNREADABLE');
      return;
    }
    if (file.size > limits.maxBytes) {
      problem.value = plainError('INPUT_TOO_LARGE');
      return;
    }
    if (preview.value) URL.revokeObjectURL(preview.value);
    picture.value = file;
    preview.value = URL.createObjectURL(file);
    if (!name.value) name.value = file.name.replace(/\.\w+$/, '').slice(0, 40);
  };

  const upload = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!picture.value || !consent.value || busy.value) return;
    busy.value = true;
    problem.value = null;
    try {
      await studio.uploadAvatar(picture.value, name.value.trim(), consent.value);
      onDone();
    } catch (error) {
      problem.value = plainError(errorCode(error), errorText(error));
    } finally {
      busy.value = false;
    }
  };

  return (
    <form class="upload" aria-label="Picture of your own" onSubmit={(event) => void upload(event)}>
      <button
        type="button"
        class={over.value ? 'drop over' : 'drop'}
        onClick={() => input.current?.click()}
        onDragOver={(event) => {
          event.preventDefault();
          over.value = true;
        }}
        onDragLeave={() => {
          over.value = false;
        }}
        onDrop={(event) => {
          event.preventDefault();
          over.value = false;
          take(event.dataTransfer?.files[0]);
        }}
      >
        {preview.value ? (
          <img src={preview.value} alt="What you chose" />
        ) : (
          <>
            <Icon name="image" />
            <span>Choose a picture, or drop it here</span>
            <span class="quiet small">One face, from the front, well lit</span>
          </>
        )}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept={limits.formats.join(',')}
        aria-label="Picture file"
        onChange={(event) => take(event.currentTarget.files?.[0])}
      />
      <label class="field" for={nameId}>
        <span>Name</span>
        <input
          id={nameId}
          type="text"
          maxLength={60}
          value={name.value}
          onInput={(event) => {
            name.value = event.currentTarget.value;
          }}
        />
      </label>
      <label class="consent">
        <input
          type="checkbox"
          checked={consent.value}
          onChange={(event) => {
            consent.value = event.currentTarget.checked;
          }}
        />
        <span>{limits.consentStatement}</span>
      </label>
      <ProblemBox problem={problem.value} />
      <div class="form-buttons">
        <button type="button" class="button plain" onClick={onDone}>
          Cancel
        </button>
        <button
          type="submit"
          class="button primary"
          disabled={!picture.value || !consent.value || busy.value}
        >
          {busy.value ? <span class="spinner" /> : <Icon name="check" />}
          {busy.value ? 'Looking for the face' : 'Use this picture'}
        </button>
      </div>
    </form>
  );
}
