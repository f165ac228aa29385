import { describe, expect, test } from 'vitest';
import { LokiError } from '../../../errors.ts';
import { EngineKeeper, type EngineNews } from './engine-keeper.ts';
import type { InferenceEngine } from './inference-engine.ts';
import type { ProviderChoice } from './providers.ts';

/** An engine as far as the keeper looks at one: what dies here by command dies in the field by chance. */
interface Stub {
  alive: boolean;
  closed: boolean;
}

function setUp(
  open: (provider: ProviderChoice, attempt: number) => 'cpu' | 'webgpu' | LokiError,
  options: { readonly frameMs?: number } = {},
) {
  let nowMs = 0;
  const news: EngineNews[] = [];
  const opened: { provider: ProviderChoice; engine: Stub }[] = [];
  let attempts = 0;
  const keeper = new EngineKeeper({
    packName: 'toy',
    provider: 'auto',
    now: () => nowMs,
    onNews: (item) => news.push(item),
    open: async (provider) => {
      const running = open(provider, ++attempts);
      if (running instanceof LokiError) throw running;
      const engine = {
        alive: true,
        closed: false,
        info: {
          provider: running,
          precision: 'float32',
          threads: 1,
          note: null,
          startMs: 1,
          frameMs: options.frameMs ?? 10,
        },
        close: async () => {
          engine.closed = true;
        },
      };
      opened.push({ provider, engine });
      return engine as unknown as InferenceEngine;
    },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { keeper, news, opened, settle, attempts: () => attempts, pass: (ms: number) => (nowMs += ms) };
}

describe('EngineKeeper', () => {
  test('opens one engine, once somebody wants it', async () => {
    const { keeper, opened, settle } = setUp(() => 'cpu');
    expect(keeper.current).toBeNull();
    keeper.want();
    keeper.want();
    await settle();
    expect(opened).toHaveLength(1);
    expect(keeper.current).toBe(opened[0].engine);
    await keeper.close();
    expect(opened[0].engine.closed).toBe(true);
  });

  test('gives up a pack that takes seconds a frame: a stream would stand still', async () => {
    const { keeper, opened, settle, pass, news } = setUp(() => 'cpu', { frameMs: 4321 });
    keeper.want();
    await settle();
    expect(keeper.current).toBeNull();
    expect(opened[0].engine.closed).toBe(true);
    expect(keeper.problem).toBe('A frame of toy takes 4.3 s on cpu, which is too long for a stream.');
    expect(news).toEqual([{ kind: 'failed', detail: keeper.problem }]);
    pass(1e9);
    keeper.want();
    await settle();
    expect(opened).toHaveLength(1);
    await keeper.close();
  });

  test('opens another when the thread has died, on the processor after a GPU', async () => {
    const { keeper, opened, settle, pass, news } = setUp((provider) =>
      provider === 'cpu' ? 'cpu' : 'webgpu',
    );
    keeper.want();
    await settle();
    opened[0].engine.alive = false;
    expect(keeper.current).toBeNull();
    expect(keeper.problem).toContain('lost');
    keeper.want();
    await settle();
    expect(opened).toHaveLength(1);
    pass(1500);
    keeper.want();
    await settle();
    expect(opened.map(({ provider }) => provider)).toEqual(['auto', 'cpu']);
    expect(keeper.problem).toBeNull();
    expect(news.map(({ kind }) => kind)).toEqual(['opened', 'lost', 'opened']);
  });

  test('gives an engine up whose frames fail one after the other, not one that fails now and then', async () => {
    const { keeper, opened, settle } = setUp(() => 'webgpu');
    keeper.want();
    await settle();
    const engine = opened[0].engine as unknown as InferenceEngine;
    const gone = new LokiError('INFERENCE_FAILED', 'device lost');
    for (let i = 0; i < 10; i++) {
      keeper.failed(engine, gone);
      keeper.failed(engine, gone);
      keeper.worked(engine);
    }
    expect(keeper.current).toBe(engine);
    for (let i = 0; i < 3; i++) keeper.failed(engine, gone);
    expect(keeper.current).toBeNull();
    expect(opened[0].engine.closed).toBe(true);
  });

  test('asks less and less often what does not open, and never again for a pack that is refused', async () => {
    const failing = setUp(() => new LokiError('INFERENCE_FAILED', 'no memory'));
    for (let second = 0; second < 20; second++) {
      failing.keeper.want();
      await failing.settle();
      failing.pass(1000);
    }
    expect(failing.attempts()).toBe(5);
    const refused = setUp(() => new LokiError('PACK_WRONG_HEAD', 'another head'));
    for (let i = 0; i < 5; i++) {
      refused.keeper.want();
      await refused.settle();
      refused.pass(1e6);
    }
    expect(refused.attempts()).toBe(1);
    expect(refused.keeper.problem).toBe('another head');
  });
});
