import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './icons.tsx';

export interface ChoiceOption<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly help?: string;
  readonly icon?: IconName;
}

interface ChoiceProps<T extends string> {
  readonly legend: string;
  readonly value: T;
  readonly options: readonly ChoiceOption<T>[];
  readonly disabled?: boolean;
  /** Two beside each other. */
  readonly pairs?: boolean;
  readonly onChange: (value: T) => void;
}

/** One of a few, all of them in view. */
export function Choice<T extends string>(props: ChoiceProps<T>): JSX.Element {
  const name = useId();
  return (
    <fieldset class={props.pairs ? 'choice pairs' : 'choice'} disabled={props.disabled ?? false}>
      <legend>{props.legend}</legend>
      {props.options.map(({ value, label, help, icon }) => (
        <label key={value} class={value === props.value ? 'chosen' : ''}>
          <input
            type="radio"
            name={name}
            value={value}
            checked={value === props.value}
            onChange={() => props.onChange(value)}
          />
          {icon && <Icon name={icon} />}
          <span class="words">
            {label}
            {help && <span class="quiet small">{help}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
