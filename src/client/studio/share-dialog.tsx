import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { encode } from 'uqr';
import { Icon } from '../ui/icons.tsx';
import type { StudioModel } from './studio-model.ts';

interface ShareDialogProps {
  readonly studio: StudioModel;
  readonly onClose: () => void;
}

export function ShareDialog({ studio, onClose }: ShareDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const { watch, obs } = studio.links.value ?? {};
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="share-title" onClose={onClose}>
      <div class="dialog-head">
        <h2 id="share-title">Share the avatar</h2>
        <button
          type="button"
          class="button plain square"
          aria-label="Close"
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </div>
      {watch && obs ? (
        <div class="share">
          <QrCode text={watch} />
          <div class="share-links">
            <CopyLink
              label="To watch"
              link={watch}
              help="Opens in any browser. Whoever has it can watch until it expires."
            />
            <CopyLink
              label="For OBS, as a browser source"
              link={obs}
              help="Only the avatar, no controls; 512 × 512."
            />
            <CopyLink
              label="For OBS, with transparent background"
              link={withTransparency(obs)}
              help="Choose “Transparent for OBS” under Look, too."
            />
          </div>
        </div>
      ) : (
        <p class="quiet">The links are being made.</p>
      )}
    </dialog>
  );
}

/** The fragment, where the token is, stays last. */
function withTransparency(link: string): string {
  const url = new URL(link, location.href);
  url.searchParams.set('background', 'transparent');
  return url.href;
}

function CopyLink({ label, link, help }: { label: string; link: string; help: string }): JSX.Element {
  const copied = useSignal(false);
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      // Without the clipboard (plain http) the older way is left.
      document.execCommand('copy');
    }
    copied.value = true;
    setTimeout(() => {
      copied.value = false;
    }, 2_000);
  };
  return (
    <div class="copy-link">
      <label for={id}>{label}</label>
      <div class="copy-row">
        <input
          id={id}
          ref={field}
          type="text"
          readOnly
          value={link}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" class="button" onClick={() => void copy()}>
          <Icon name={copied.value ? 'check' : 'copy'} />
          <span aria-live="polite">{copied.value ? 'Copied' : 'Copy'}</span>
        </button>
      </div>
      <span class="quiet small">{help}</span>
    </div>
  );
}

function QrCode({ text }: { text: string }): JSX.Element {
  const { data, size } = encode(text, { ecc: 'L', border: 2 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <figure class="qr">
      <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code of the link to watch">
        <rect width={size} height={size} fill="#fff" />
        <path d={path} fill="#000" shape-rendering="crispEdges" />
      </svg>
      <figcaption class="quiet small">Scan to watch on a phone</figcaption>
    </figure>
  );
}
