import { existsSync } from 'node:fs';
import { installPackages } from './apt.mjs';

/** Where Debian's package puts it, and where the tests look. */
const PATH = '/usr/bin/chromium';

export function chromiumSettled() {
  return existsSync(PATH);
}

/**
 * Chromium for the browser tests, and with it the loader of its Vulkan driver for the test of the GPU's code; they skip without.
 * Throws SetupError, whose line says what to run.
 */
export async function ensureChromium({ say }) {
  if (chromiumSettled()) return;
  await installPackages(['chromium', 'libvulkan1'], {
    purpose: 'for the browser tests',
    say,
    announcement: 'Set-up: installing Chromium for the tests with apt (about a minute) ...',
  });
}
