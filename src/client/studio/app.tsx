import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { ProblemBox } from '../ui/problem-box.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { AvatarPanel } from './avatar-panel.tsx';
import { Controls } from './controls.tsx';
import { Header } from './header.tsx';
import { followKeys } from './keys.ts';
import { LookPanel } from './look-panel.tsx';
import { MonitorPanel } from './monitor-panel.tsx';
import { MotionPanel } from './motion-panel.tsx';
import { SourcePanel } from './source-panel.tsx';
import { StageView } from './stage-view.tsx';
import type { StudioModel } from './studio-model.ts';

export function App({ studio }: { studio: StudioModel }): JSX.Element {
  useEffect(() => followKeys(studio), [studio]);
  const phase = studio.phase.value;
  const canRetry = phase.name === 'ended' || phase.name === 'refused';
  return (
    <>
      <Header studio={studio} />
      <main class={`studio-grid ${studio.stage.value}`}>
        <div class="stage-column">
          <StageView studio={studio} />
          <Controls studio={studio} />
        </div>
        <aside class="side" aria-label="Settings">
          <Tabs
            label="Settings"
            tabs={[
              { id: 'avatar', label: 'Avatar', icon: 'face', panel: () => <AvatarPanel studio={studio} /> },
              { id: 'source', label: 'Source', icon: 'camera', panel: () => <SourcePanel studio={studio} /> },
              {
                id: 'motion',
                label: 'Motion',
                icon: 'sliders',
                panel: () => <MotionPanel studio={studio} />,
              },
              { id: 'look', label: 'Look', icon: 'image', panel: () => <LookPanel studio={studio} /> },
              {
                id: 'monitor',
                label: 'Monitor',
                icon: 'chart',
                panel: () => <MonitorPanel studio={studio} />,
              },
            ]}
          />
        </aside>
      </main>
      <div class="problems">
        <ProblemBox
          problem={studio.problem.value}
          onRetry={canRetry ? () => studio.retry() : undefined}
          onDismiss={() => studio.dismiss()}
        />
      </div>
      <p class={studio.notice.value ? 'toast' : 'unseen'} role="status">
        {studio.notice.value}
      </p>
    </>
  );
}
