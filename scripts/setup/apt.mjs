import { spawnSync } from 'node:child_process';
import { SetupError } from './project.mjs';
import { runCommand } from './run-command.mjs';

const INSTALL = ['install', '-y', '--no-install-recommends'];
/** Another apt, such as the system's daily one, may be at work. */
const PATIENT = ['-o', 'DPkg::Lock::Timeout=300'];

/** One apt at a time in this process, too. */
let last = Promise.resolve();

/** Those of the Debian packages that are not installed. */
export function missingPackages(packages) {
  const { stdout } = spawnSync('dpkg-query', ['-W', `-f=\${Package} \${db:Status-Status}\n`, ...packages], {
    encoding: 'utf8',
  });
  const installed = new Set([...(stdout ?? '').matchAll(/^(\S+) installed$/gm)].map(([, name]) => name));
  return packages.filter((name) => !installed.has(name));
}

/**
 * Installs Debian packages. Throws SetupError with the command for the user where this is no Debian, where root is
 * needed, or where the packages can't be had; `purpose` says in it what they are for ("to build ...").
 */
export function installPackages(packages, { purpose, say, announcement }) {
  const work = last.then(async () => {
    const missing = missingPackages(packages);
    if (missing.length === 0) return;
    const byHand = `\`sudo apt-get ${INSTALL.join(' ')} ${missing.join(' ')}\``;
    if (spawnSync('apt-get', ['--version']).status !== 0) {
      throw new SetupError(
        `This system has no apt: install ${missing.join(', ')} ${purpose}, then run \`npm run setup\`.`,
      );
    }
    const asRoot = rootPrefix();
    if (asRoot === null) throw new SetupError(`Run ${byHand} ${purpose}, then \`npm run setup\`.`);
    say(announcement);
    const [command, ...prefix] = [...asRoot, 'apt-get'];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (args) => runCommand(command, [...prefix, ...PATIENT, ...args], { env });
    try {
      // Package lists are often old, in containers missing; but fetching them first would cost everybody seconds.
      await apt([...INSTALL, ...missing]).catch(async () => {
        await apt(['update']);
        await apt([...INSTALL, ...missing]);
      });
    } catch (error) {
      throw new SetupError(
        `apt failed (${error.message}): run ${byHand} ${purpose}, then \`npm run setup\`.`,
      );
    }
  });
  last = work.catch(() => {});
  return work;
}

/** What goes before a command to run it as root; null where that would need a password. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : null;
}
