/**
 * Everything that a fresh clone lacks: dependencies, the face model, mediasoup's worker, the built pages, and for the
 * tests a browser and PyTorch. Only Node's own modules are used, because nothing else is there yet. Does nothing twice: what is
 * in place already is only looked at. Steps that wait for different things run at the same time.
 *
 *     node scripts/setup.mjs          what `npm run setup` runs
 *     node scripts/setup.mjs --gpu    also the CUDA and TensorRT providers of ONNX Runtime
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromiumSettled, ensureChromium } from './setup/chromium.mjs';
import { dependenciesReady, installDependencies } from './setup/dependencies.mjs';
import { ensureFaceModel, faceModelSettled } from './setup/face-model.mjs';
import { ensureGpuProviders } from './setup/gpu.mjs';
import { withLock } from './setup/lock.mjs';
import { ensureMediasoupWorker, mediasoupWorkerSettled } from './setup/mediasoup-worker.mjs';
import { ensurePages, pagesSettled } from './setup/pages.mjs';
import { ROOT, SetupError } from './setup/project.mjs';
import { ensureTrainingPython, trainingPythonSettled } from './setup/training-python.mjs';

const OLDEST_NODE = [20, 19];

/**
 * `server`: what the live server needs, its worker and its pages: 'required', 'wanted' (what can't be had is only
 * told) or 'unneeded'. `tests`: whether what only tests need is wanted, a browser and PyTorch. `retryNetwork`: ask again for what could not
 * be fetched a short while ago. Resolves with whether there was anything to do; rejects with SetupError, whose one
 * line says what to do.
 */
export async function setUp({
  server = 'unneeded',
  tests = false,
  retryNetwork = false,
  say = console.log,
} = {}) {
  checkNode();
  const serverReady = server === 'unneeded' || (mediasoupWorkerSettled() && pagesSettled());
  const testsReady = !tests || (chromiumSettled() && trainingPythonSettled());
  const ready = dependenciesReady() && faceModelSettled() && serverReady && testsReady;
  if (ready && !retryNetwork) return false;
  await withLock(join(ROOT, '.cache'), say, async () => {
    const installing = installDependencies(say);
    // Where it fails, that is what stops the set-up; steps that build on it need not say so again.
    const packagesInstalled = installing.then(
      () => true,
      () => false,
    );
    const steps = [installing, ensureFaceModel({ retryNetwork, say })];
    if (server !== 'unneeded') {
      const live = [
        ensureMediasoupWorker({ say, packagesInstalled }),
        packagesInstalled.then((installed) => installed && ensurePages({ say })),
      ];
      steps.push(...(server === 'required' ? live : live.map((step) => orSay(step, say))));
    }
    if (tests) {
      // Not before: apt does one thing at a time, and what the worker's build needs comes first.
      for (const ensure of [ensureChromium, ensureTrainingPython])
        steps.push(
          orSay(
            packagesInstalled.then((installed) => installed && ensure({ say })),
            say,
          ),
        );
    }
    await allSettledOrThrow(steps);
  });
  return true;
}

/** On top of `setUp`, for who asks for it: what the providers `cuda` and `tensorrt` need. Rejects with SetupError. */
export function setUpGpu({ say = console.log } = {}) {
  return withLock(join(ROOT, '.cache'), say, () => ensureGpuProviders({ say }));
}

/** As `setUp`, but ends the process with status 1 and one line when it cannot be done. */
export function setUpOrExit(options) {
  return orExit(() => setUp(options));
}

async function orExit(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

/** A step that the rest can do without. */
async function orSay(step, say) {
  try {
    await step;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`Set-up: ${error.message}`);
  }
}

/** The first failure, but only when no step works on any more: they would go on outside the lock. */
async function allSettledOrThrow(steps) {
  const results = await Promise.allSettled(steps);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new SetupError(
      `Node.js ${process.versions.node} is too old: install ${OLDEST_NODE.join('.')} or newer from https://nodejs.org.`,
    );
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const options = process.argv.slice(2);
  const unknown = options.find((option) => option !== '--gpu');
  if (unknown !== undefined) {
    console.error(`The set-up has no option ${unknown}: the only one is --gpu.`);
    process.exit(1);
  }
  const explicit = process.env.npm_lifecycle_event === 'setup';
  const worked = await setUpOrExit({ server: 'wanted', retryNetwork: explicit });
  if (options.includes('--gpu')) await orExit(setUpGpu);
  else console.log(worked ? 'Set-up: done.' : 'Set-up: nothing to do.');
}
