/**
 * Everything that a fresh clone lacks: dependencies and the face model. Only Node's own modules are used, because
 * nothing else is there yet. Does nothing twice: what is in place already is only looked at.
 *
 *     node scripts/setup.mjs
 */
import { pathToFileURL } from 'node:url';
import { dependenciesReady, installDependencies } from './setup/dependencies.mjs';
import { ensureFaceModel, faceModelSettled } from './setup/face-model.mjs';
import { withLock } from './setup/lock.mjs';
import { SetupError } from './setup/project.mjs';

const OLDEST_NODE = [20, 19];

/**
 * `retryNetwork`: ask again for what could not be fetched a short while ago. Resolves with whether there was
 * anything to do; rejects with SetupError, whose one line says what to do.
 */
export async function setUp({ retryNetwork = false, say = console.log } = {}) {
  checkNode();
  if (dependenciesReady() && faceModelSettled() && !retryNetwork) return false;
  await withLock(say, async () => {
    installDependencies(say);
    await ensureFaceModel({ retryNetwork, say });
  });
  return true;
}

/** As `setUp`, but ends the process with status 1 and one line when it cannot be done. */
export async function setUpOrExit(options) {
  try {
    return await setUp(options);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
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
  const explicit = process.env.npm_lifecycle_event === 'setup';
  const worked = await setUpOrExit({ retryNetwork: explicit });
  console.log(worked ? 'Set-up: done.' : 'Set-up: nothing to do.');
}
