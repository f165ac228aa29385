/**
 * Runs one scenario with its options, or all of them but the soak, each in a process of its own:
 *
 *     npm run load [-- SCENARIO [options]]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SHORT = ['truth', 'fanout', 'kill', 'loss', 'hostile'];
const ALL = [...SHORT, 'soak'];

const [wanted, ...options] = process.argv.slice(2);
if (wanted !== undefined && !ALL.includes(wanted)) {
  process.stderr.write(`There is no scenario ${wanted}: ${ALL.join(', ')}.\n`);
  process.exit(2);
}
for (const scenario of wanted === undefined ? SHORT : [wanted]) {
  const file = fileURLToPath(new URL(`./${scenario}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file, ...options], {
    stdio: 'inherit',
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0) process.exitCode = 1;
}
