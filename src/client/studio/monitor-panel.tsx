import type { JSX } from 'preact';
import {
  LIVE_STAGES,
  type LiveStage,
  type Quantiles,
  type SessionStats,
} from '../../contract/live-session.ts';
import { formatFps, formatMs, formatPercent } from '../ui/format.ts';
import type { StudioModel } from './studio-model.ts';

const STAGE_WORDS: Record<LiveStage, string> = {
  receive: 'Receive',
  decode: 'Decode',
  track: 'Find face',
  fit: 'Fit head',
  generate: 'Draw avatar',
  encode: 'Encode',
  total: 'In the server',
};

export function MonitorPanel({ studio }: { studio: StudioModel }): JSX.Element {
  const stats = studio.stage.value === 'driving' ? studio.stats.value : null;
  const drops = Object.entries(stats?.drops ?? {}).filter(([, frames]) => frames > 0);
  return (
    <div class="panel number">
      <h2>Frames</h2>
      <dl class="facts">
        <Fact name="In, a second" value={formatFps(stats?.fpsIn)} />
        <Fact name="Out, a second" value={formatFps(stats?.fpsOut)} />
        <Fact name="Face found" value={formatPercent(stats?.confidence)} />
        <Fact name="Drawn by" value={stats ? drawnBy(stats) : '–'} />
      </dl>
      {stats?.inference?.note && <p class="quiet small">{stats.inference.note}</p>}
      <h2>Latency</h2>
      <table class="latency">
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">Median</th>
            <th scope="col">95 %</th>
          </tr>
        </thead>
        <tbody>
          {LIVE_STAGES.map((stage) => (
            <Row
              key={stage}
              name={STAGE_WORDS[stage]}
              ms={stats?.latencyMs[stage] ?? null}
              class={stage === 'total' ? 'total' : ''}
            />
          ))}
          <Row name="Camera to sent" ms={stats?.captureToSendMs ?? null} class="total" />
          <Row name="Camera to this screen" ms={stats ? studio.screenMs.value : null} class="total" />
          <Row name="Camera to viewers" ms={stats ? studio.viewersMs.value : null} class="total" />
        </tbody>
      </table>
      {stats && (
        <p class="quiet small">
          Sound is held back by {formatMs(stats.audioDelayMs)}, so that lips and voice agree.
        </p>
      )}
      <h2>Frames dropped</h2>
      {drops.length > 0 ? (
        <dl class="facts">
          {drops.map(([queue, frames]) => (
            <Fact key={queue} name={queue} value={String(frames)} />
          ))}
        </dl>
      ) : (
        <p class="quiet small">None. A late frame is dropped rather than shown late.</p>
      )}
    </div>
  );
}

/** Such as `nano, 1 step, cpu int8`. */
function drawnBy({ generator, inference }: SessionStats): string {
  if (inference === null || inference.steps === 0) return generator;
  const { steps, provider, precision } = inference;
  return `${generator}, ${steps} ${steps === 1 ? 'step' : 'steps'}, ${provider} ${precision}`;
}

function Fact({ name, value }: { name: string; value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Row(props: { name: string; ms: Quantiles | null; class: string }): JSX.Element {
  return (
    <tr class={props.class}>
      <th scope="row">{props.name}</th>
      <td>{formatMs(props.ms?.p50)}</td>
      <td>{formatMs(props.ms?.p95)}</td>
    </tr>
  );
}
