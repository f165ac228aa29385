import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ServerProcess, startServer } from '../../src/gateway/server-process.ts';
import { Sampler } from './sampler.ts';
import { type WhepViewer, watch } from './whep-viewer.ts';

/** The real server on free ports, its demonstration room (the built-in driver, an avatar) and one who watches it. */
export interface Demonstration {
  readonly server: ServerProcess;
  readonly viewer: WhepViewer;
  /** A viewer's. */
  readonly token: string;
  readonly sampler: Sampler;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Avatars that were built stay from run to run, and those that nobody chose are not built: who has used a server for some
 * minutes is past that.
 */
export const MEASURED_SERVER = {
  LOKI_STATE_DIR: fileURLToPath(new URL('../../out/load/state', import.meta.url)),
  LOKI_REENACTMENT_WARM: 'false',
} as const;
const FIRST_FRAMES_LIMIT_MS = 120_000;

/** Resolves once frames of the driven avatar arrive. @param env further configuration */
export async function demonstrate(env: Readonly<Record<string, string>> = {}): Promise<Demonstration> {
  const server = await startServer({ env: { ...MEASURED_SERVER, LOKI_LOG_LEVEL: 'warn', ...env } });
  try {
    const token = await viewerToken(server);
    const viewer = await watch(server.base, 'demo', token);
    const sampler = new Sampler(server.base);
    const close = async (): Promise<void> => {
      await sampler.stop();
      await viewer.close();
      await server.stop();
    };
    await until('frames', () => viewer.pictures.frames > 50, FIRST_FRAMES_LIMIT_MS);
    return { server, viewer, token, sampler, close };
  } catch (error) {
    await server.stop('SIGKILL');
    throw error;
  }
}

/** @param everyMs pause between two looks @throws Error naming `what` */
export async function until(
  what: string,
  met: () => boolean | Promise<boolean>,
  limitMs: number,
  everyMs = 5,
): Promise<void> {
  for (const beganMs = performance.now(); !(await met()); await sleep(everyMs))
    if (performance.now() - beganMs > limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
}

async function viewerToken({ base, link }: ServerProcess): Promise<string> {
  const lead = await fetch(`${base}${link('Watch the demonstration')}`, { redirect: 'manual' });
  const [, token] = /#token=(.+)$/.exec(lead.headers.get('location') ?? '') ?? [];
  if (token === undefined) throw new Error('the server printed no link to its demonstration');
  return token;
}
