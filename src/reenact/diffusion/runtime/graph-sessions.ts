import { join } from 'node:path';
import { env, InferenceSession, type Tensor } from 'onnxruntime-node';
import { LokiError } from '../../../errors.ts';
import { sessionMismatch } from '../pack/check-session.ts';
import { graphOf, hasInt8, invalid, type ModelPack } from '../pack/load-pack.ts';
import type { GraphName, Precision } from '../pack/manifest.ts';
import type { InferenceOptions } from './inference-messages.ts';
import type { Provider } from './providers.ts';

/** What goes wrong comes as an error of the call, and is told in our words. */
env.logLevel = 'fatal';
const FATAL_ONLY = 4;

/** What the graphs of a pack compute in on a provider: 8 bits pay on the processor alone. */
export function precisionOf(
  pack: Pick<ModelPack, 'manifest'>,
  provider: Provider,
  wanted: InferenceOptions['precision'],
): Precision {
  if (wanted === 'float32' || !hasInt8(pack)) return 'float32';
  return wanted === 'int8' || provider === 'cpu' ? 'int8' : 'float32';
}

/** How one of a pack's graphs runs, alone or with others around it. */
export function sessionOptions(
  provider: Provider,
  name: GraphName,
  threads: number,
): InferenceSession.SessionOptions {
  return {
    executionProviders: [
      // As drawn the denoiser's tensors lie plane by plane; the decoder is faster with channels last.
      provider === 'webgpu' && name === 'denoiser' ? { name: provider, preferredLayout: 'NCHW' } : provider,
    ],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: FATAL_ONLY,
    // Threads that spin while they wait take the cores from tracker and encoder.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  };
}

/**
 * Loads one graph and holds it against the manifest. Blocks the calling thread meanwhile, as running it does.
 *
 * @throws LokiError PACK_INVALID for a graph that is none or of other shapes; PROVIDER_FAILED for any other reason
 */
export async function openGraph(
  pack: ModelPack,
  name: GraphName,
  provider: Provider,
  precision: Precision,
  threads: number,
): Promise<InferenceSession> {
  const { entry } = graphOf(pack, name, precision === 'int8');
  const path = join(pack.folder, entry.file);
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(path, sessionOptions(provider, name, threads));
  } catch (cause) {
    const why = oneLine((cause as Error).message);
    if (provider === 'cpu') throw invalid(pack.folder, `${entry.file} is no graph that runs: ${why}`, cause);
    throw new LokiError('PROVIDER_FAILED', `The provider ${provider} can't run ${entry.file}: ${why}`, {
      cause,
    });
  }
  const wrong = sessionMismatch(session, entry);
  if (wrong === null) return session;
  await session.release();
  throw invalid(pack.folder, `${entry.file}: ${wrong}`);
}

/**
 * Runs a graph, into `fetches` where there are any.
 *
 * @throws LokiError INFERENCE_FAILED: ONNX Runtime's errors, such as a device that is gone or memory that is not there
 */
export async function runGraph(
  session: InferenceSession,
  feeds: Readonly<Record<string, Tensor>>,
  fetches?: Readonly<Record<string, Tensor>>,
): Promise<Readonly<Record<string, Tensor>>> {
  try {
    const found = await (fetches === undefined ? session.run(feeds) : session.run(feeds, fetches));
    return found as Readonly<Record<string, Tensor>>;
  } catch (cause) {
    const why = oneLine((cause as Error).message);
    throw new LokiError('INFERENCE_FAILED', `The networks could not be run: ${why}`, { cause });
  }
}

/** @param what can't be had on the GPU */
export function gpuProblem(what: string, cause: unknown): LokiError {
  const why = oneLine((cause as Error).message);
  return new LokiError('PROVIDER_FAILED', `The provider webgpu can't run ${what}: ${why}`, { cause });
}

const MAX_REASON = 300;

/** Where in ONNX Runtime's sources a check failed, and which: of no use to whoever reads it. */
const SOURCE_PLACE = /^\/\S+:\d+ .* was false\. /;

/** The first line of what a library says, without the end of a sentence of its own. */
export function oneLine(message: string): string {
  const [first] = message.split('\n');
  const line = first.replace(SOURCE_PLACE, '');
  return `${line.trim().replace(/\.$/, '').slice(0, MAX_REASON)}.`;
}
