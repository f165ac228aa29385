import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Icon } from './icons.tsx';

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** Where the reset button goes back to. */
  readonly standard: number;
  readonly format: (value: number) => string;
  readonly onInput: (value: number) => void;
}

export function Slider(props: SliderProps): JSX.Element {
  const id = useId();
  const { label, value, min, max, step, standard, format, onInput } = props;
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <output class="number quiet" for={id}>
        {format(value)}
      </output>
      <button
        type="button"
        class="reset"
        aria-label={`Reset ${label.toLowerCase()}`}
        disabled={value === standard}
        onClick={() => onInput(standard)}
      >
        <Icon name="reset" />
      </button>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={format(value)}
        style={{ '--part': `${((value - min) / (max - min)) * 100}%` }}
        onInput={(event) => onInput(Number(event.currentTarget.value))}
      />
    </div>
  );
}
