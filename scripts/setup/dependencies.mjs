import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, SetupError, sha256OfFile } from './project.mjs';
import { runCommand } from './run-command.mjs';

const LOCK_FILE = join(ROOT, 'package-lock.json');
const QUIET = ['--no-progress', '--no-audit', '--no-fund', '--loglevel=error'];
const STAMP = join(ROOT, 'node_modules', '.loki-setup');

/** Whether `node_modules` is what the lock file asks for, on this platform. */
export function dependenciesReady() {
  if (readText(STAMP) === fingerprint()) return true;
  // Installed by hand: npm's own record of it tells.
  if (!recordMatchesLock()) return false;
  try {
    writeFileSync(STAMP, fingerprint());
  } catch {
    // A checkout that another user owns: the comparison is then made every time.
  }
  return true;
}

/**
 * Installs exactly what the lock file says, without install scripts: no package needs one, so none gets to run code.
 * `npm install --no-save` rather than `npm ci`: that one refuses a lock file without the packages of other platforms,
 * which mirrors of the registry do not all carry.
 */
export async function installDependencies(say) {
  if (dependenciesReady()) return;
  refuseMusl();
  say('Set-up: installing the dependencies with npm (about a minute; 220 MB to fetch, 850 MB on disk) ...');
  const args = ['install', '--no-save', '--ignore-scripts', '--include=dev', '--include=optional'];
  const npm = process.env.npm_execpath ?? '';
  const fromNpm = /npm-cli\.[cm]?js$/.test(npm);
  try {
    await runCommand(fromNpm ? process.execPath : 'npm', [...(fromNpm ? [npm] : []), ...args, ...QUIET], {
      cwd: ROOT,
      shell: !fromNpm && process.platform === 'win32',
    });
  } catch (error) {
    if (error.missing)
      throw new SetupError('npm was not found: install Node.js with npm from https://nodejs.org.');
    const said =
      error.stderr.match(/(?<=npm error )(?!code|errno|syscall|A complete log)\S.*/)?.[0] ?? error.message;
    throw new SetupError(
      `The dependencies could not be installed (${said}): connect to the npm registry, then run \`npm run setup\`.`,
    );
  }
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, fingerprint());
}

function fingerprint() {
  return `${sha256OfFile(LOCK_FILE)} ${process.platform}-${process.arch}\n`;
}

function recordMatchesLock() {
  const record = readText(join(ROOT, 'node_modules', '.package-lock.json'));
  if (record === null) return false;
  try {
    const installed = JSON.parse(record).packages;
    const wanted = JSON.parse(readFileSync(LOCK_FILE, 'utf8')).packages;
    // Optional packages are there or not by platform; npm has seen to that.
    return Object.entries(wanted).every(
      ([path, entry]) =>
        path === '' || entry.optional || entry.devOptional || installed[path]?.version === entry.version,
    );
  } catch {
    return false;
  }
}

/** The prebuilt FFmpeg is linked against glibc, and would only fail much later with an unreadable message. */
function refuseMusl() {
  if (process.platform !== 'linux') return;
  const { glibcVersionRuntime } = process.report.getReport().header;
  if (glibcVersionRuntime === undefined) {
    throw new SetupError('This Linux has no glibc (Alpine?): use one that has, such as Debian or Ubuntu.');
  }
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
