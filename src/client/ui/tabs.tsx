import type { ComponentChildren, JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icons.tsx';

export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  readonly panel: () => ComponentChildren;
}

/** Tabs as the ARIA practices have them: one stop for the tab key, arrows move. */
export function Tabs({ tabs, label }: { tabs: readonly Tab[]; label: string }): JSX.Element {
  const [chosen, choose] = useState(tabs[0].id);
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const at = tabs.findIndex(({ id }) => id === chosen);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = (to + tabs.length) % tabs.length;
    choose(tabs[index].id);
    (list.current?.children[index] as HTMLElement | undefined)?.focus();
  };
  const current = tabs.find(({ id }) => id === chosen) ?? tabs[0];
  return (
    <div class="tabs">
      <div class="tab-list" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {tabs.map(({ id, label: words, icon }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`tab-${id}`}
            aria-controls={`panel-${id}`}
            aria-selected={id === chosen}
            tabIndex={id === chosen ? 0 : -1}
            onClick={() => choose(id)}
          >
            <Icon name={icon} />
            <span>{words}</span>
          </button>
        ))}
      </div>
      <div class="tab-panel" role="tabpanel" id={`panel-${current.id}`} aria-labelledby={`tab-${current.id}`}>
        {current.panel()}
      </div>
    </div>
  );
}
