import type { JSX } from 'preact';
import { Choice } from '../ui/choice.tsx';
import { formatPercent } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { Slider } from '../ui/slider.tsx';
import { GAIN_SLIDERS, START_OPTIONS } from './live-options.ts';
import type { StudioModel } from './studio-model.ts';

export function MotionPanel({ studio }: { studio: StudioModel }): JSX.Element {
  const { gain, smoothing, pose, expression } = studio.options.value;
  const reset = () =>
    studio.change({
      gain: Object.fromEntries(GAIN_SLIDERS.map(({ region }) => [region, 1])),
      smoothing: START_OPTIONS.smoothing,
      pose: START_OPTIONS.pose,
      expression: START_OPTIONS.expression,
    });
  return (
    <div class="panel">
      <div class="panel-head">
        <h2>How much of you it takes</h2>
        <button type="button" class="button plain" onClick={reset}>
          <Icon name="reset" />
          Reset all
        </button>
      </div>
      {GAIN_SLIDERS.map(({ region, label }) => (
        <Slider
          key={region}
          label={label}
          min={0}
          max={2}
          step={0.05}
          standard={1}
          value={gain[region] ?? 1}
          format={formatPercent}
          onInput={(value) => studio.change({ gain: { [region]: value } })}
        />
      ))}
      <Slider
        label="Smoothing"
        min={0}
        max={2}
        step={0.1}
        standard={1}
        value={smoothing}
        format={(value) => (value === 0 ? 'off' : value < 1 ? 'lively' : value === 1 ? 'normal' : 'calm')}
        onInput={(value) => studio.change({ smoothing: value })}
      />
      <Choice
        legend="Head pose"
        value={pose}
        options={[
          {
            value: 'relative',
            label: 'From the picture’s own',
            help: 'Your turns add to how the portrait sits.',
          },
          { value: 'absolute', label: 'Exactly yours' },
        ]}
        onChange={(value) => studio.change({ pose: value })}
      />
      <Choice
        legend="Expression"
        value={expression}
        options={[
          { value: 'absolute', label: 'Exactly yours' },
          { value: 'relative', label: 'On top of the picture’s own', help: 'Keeps the portrait’s smile.' },
        ]}
        onChange={(value) => studio.change({ expression: value })}
      />
    </div>
  );
}
