import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import type { LabelStyle } from '../../contract/live-session.ts';
import { Choice } from '../ui/choice.tsx';
import { formatPercent } from '../ui/format.ts';
import { Slider } from '../ui/slider.tsx';
import { KEY_COLOUR, START_OPTIONS } from './live-options.ts';
import type { StudioModel } from './studio-model.ts';

const CORNERS = [
  { value: 'top-left', label: 'Top left' },
  { value: 'top-right', label: 'Top right' },
  { value: 'bottom-left', label: 'Bottom left' },
  { value: 'bottom-right', label: 'Bottom right' },
] as const;
const SHORTEST_LABEL = 2;
const DIFFUSION_HELP = 'Mouth, lids and what a turn uncovers are made anew, while there is time for it.';

export function LookPanel({ studio }: { studio: StudioModel }): JSX.Element {
  const { label, background, generator } = studio.options.value;
  const stats = studio.stats.value;
  const pack = stats?.inference ?? null;
  const textId = useId();
  const change = (part: Partial<LabelStyle>) => studio.change({ label: { ...label, ...part } });
  return (
    <div class="panel">
      <Choice
        legend="Drawn by"
        // Until the server has told, nobody knows whether it could do better.
        disabled={stats !== null && pack === null}
        value={generator}
        options={[
          { value: 'geometric', label: 'Moving the picture', help: 'Quick, and true to every pixel of it.' },
          {
            value: 'diffusion',
            label: 'Repairing it with a network',
            help: pack === null && stats !== null ? 'This server has no model pack.' : DIFFUSION_HELP,
          },
        ]}
        onChange={(value) => studio.change({ generator: value })}
      />
      <Choice
        legend="Background"
        value={background.kind}
        options={[
          { value: 'picture', label: 'The picture’s own' },
          {
            value: 'key',
            label: 'Transparent for OBS',
            help: 'A flat green that the OBS link with transparency cuts out.',
          },
        ]}
        onChange={(kind) =>
          studio.change({ background: kind === 'key' ? { kind, rgb: KEY_COLOUR } : { kind } })
        }
      />
      <h2>Label</h2>
      <p class="quiet small">
        Viewers have a right to know that this is synthetic: the label can be styled, not removed.
      </p>
      <label class="field" for={textId}>
        <span>Text</span>
        <input
          id={textId}
          type="text"
          minLength={SHORTEST_LABEL}
          maxLength={40}
          value={label.text}
          onInput={(event) => {
            const text = event.currentTarget.value;
            if (text.trim().length >= SHORTEST_LABEL) change({ text });
          }}
        />
      </label>
      <Choice
        legend="Corner"
        pairs
        value={label.corner}
        options={CORNERS}
        onChange={(corner) => change({ corner })}
      />
      <Slider
        label="Size"
        min={0.03}
        max={0.12}
        step={0.005}
        standard={START_OPTIONS.label.size}
        value={label.size}
        format={(value) => `${(value * 100).toFixed(1)} %`}
        onInput={(size) => change({ size })}
      />
      <Slider
        label="Opacity"
        min={0.4}
        max={1}
        step={0.05}
        standard={START_OPTIONS.label.opacity}
        value={label.opacity}
        format={formatPercent}
        onInput={(opacity) => change({ opacity })}
      />
    </div>
  );
}
