import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, SetupError } from './project.mjs';
import { runCommand } from './run-command.mjs';

const PACKAGE = join(ROOT, 'node_modules/onnxruntime-node');
const PLATFORM = `${process.platform}/${process.arch}`;
const FOLDER = join(PACKAGE, 'bin/napi-v6', PLATFORM);
const libraryOf = (provider) => join(FOLDER, `libonnxruntime_providers_${provider}.so`);
const LIBRARIES = ['shared', 'cuda', 'tensorrt'].map(libraryOf);
/** Any graph does to see whether the provider starts. */
const GRAPH = join(ROOT, 'models/training/fixtures/toy-pack/decoder.onnx');
const FETCH_TIMEOUT_MS = 30 * 60_000;
const START_TIMEOUT_MS = 2 * 60_000;
const WITHOUT = '`provider: webgpu` needs none of this.';

/**
 * The CUDA and TensorRT providers of ONNX Runtime, which its npm package leaves to its install script: fetches them by that
 * script, then looks whether CUDA starts. Throws SetupError, whose one line says what is missing.
 */
export async function ensureGpuProviders({ say }) {
  if (PLATFORM !== 'linux/x64')
    throw new SetupError(
      `ONNX Runtime has its CUDA provider for Linux on x64 alone, not ${PLATFORM}: ${WITHOUT}`,
    );
  if (!LIBRARIES.every(existsSync)) await fetchLibraries(say);
  const missing = await librariesMissingFor(libraryOf('cuda'));
  if (missing.includes('libcuda.so.1') || !hasNvidiaDevice())
    throw new SetupError(
      "ONNX Runtime's CUDA provider is here, but this machine shows no NVIDIA GPU with its driver " +
        `(nvidia-smi must list one): install the driver, then run \`npm run setup -- --gpu\`. ${WITHOUT}`,
    );
  if (missing.length > 0) throw new SetupError(installAdvice(missing));
  await startCuda();
  const forTensorRt = await librariesMissingFor(libraryOf('tensorrt'));
  const tensorRt =
    forTensorRt.length === 0 ? 'so does `tensorrt`' : `\`tensorrt\` would need ${forTensorRt.join(', ')}`;
  say(`Set-up: the provider \`cuda\` works; ${tensorRt}.`);
}

async function fetchLibraries(say) {
  say("Set-up: fetching ONNX Runtime's CUDA provider (some hundred MB, a few minutes) ...");
  try {
    await runCommand(process.execPath, [join(PACKAGE, 'script/install.js')], {
      cwd: PACKAGE,
      // All that it has for this platform; named alone, `cuda12` is not taken under `npm run`.
      env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'true' },
      timeout: FETCH_TIMEOUT_MS,
    });
  } catch (error) {
    removeLibraries();
    throw new SetupError(
      `ONNX Runtime's CUDA provider could not be fetched (${reasonOf(error)}): connect to NuGet (api.nuget.org; ` +
        `through a proxy: GLOBAL_AGENT_HTTPS_PROXY), then run \`npm run setup -- --gpu\`. ${WITHOUT}`,
    );
  }
  const absent = LIBRARIES.find((path) => !existsSync(path));
  if (absent !== undefined)
    throw new SetupError(`The install script of onnxruntime-node ended well and left no ${absent}.`);
}

/** A part of a library would count as there. */
function removeLibraries() {
  for (const path of LIBRARIES) rmSync(path, { force: true });
}

/** What the script's uncaught error says, without the stack around it. */
function reasonOf({ message, stderr = '' }) {
  const code = stderr.match(/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH)\b/)?.[1];
  return code === undefined
    ? (stderr.match(/^\w*Error\b[^:]*: (.+)$/m)?.[1] ?? message)
    : `no network: ${code}`;
}

/** Names of the shared libraries that the system does not find for one of the providers'. */
async function librariesMissingFor(library) {
  let said;
  try {
    said = await runCommand('ldd', [library]);
  } catch (error) {
    // Cut short by an interruption, most likely.
    removeLibraries();
    throw new SetupError(
      `${library} is damaged (${error.message}) and was removed: run \`npm run setup -- --gpu\` again.`,
    );
  }
  return [...new Set([...said.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name))];
}

/** `dxg` is how Windows shows its GPU to Linux inside it. */
function hasNvidiaDevice() {
  try {
    return readdirSync('/dev').some((name) => /^(nvidia\d+|dxg)$/.test(name));
  } catch {
    return false;
  }
}

function installAdvice(missing) {
  const cuda = missing.join(' ').match(/lib(?:cublas|cublasLt|cudart|nvrtc)\.so\.(\d+)/)?.[1];
  const cudnn = missing.join(' ').match(/libcudnn\S*\.so\.(\d+)/)?.[1];
  const what = [cuda && `CUDA ${cuda}'s libraries`, cudnn && `cuDNN ${cudnn}`].filter(Boolean).join(' and ');
  return (
    `ONNX Runtime's CUDA provider is here, but the system does not find ${missing.join(', ')}: install ` +
    `${what || 'what has them'} from NVIDIA, where the linker looks (ldconfig, or LD_LIBRARY_PATH). ${WITHOUT}`
  );
}

async function startCuda() {
  const code = `import('onnxruntime-node').then(({ default: { InferenceSession } }) =>
    InferenceSession.create(process.argv[1], { executionProviders: ['cuda'], logSeverityLevel: 4 }))
    .then(() => process.exit(0), (error) => { console.error(error.message.split('\\n')[0]); process.exit(1); });`;
  try {
    await runCommand(process.execPath, ['-e', code, GRAPH], { cwd: ROOT, timeout: START_TIMEOUT_MS });
  } catch (error) {
    throw new SetupError(
      `ONNX Runtime's CUDA provider is here and does not start: ${error.message}. ${WITHOUT}`,
    );
  }
}
