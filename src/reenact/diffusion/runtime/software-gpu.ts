import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { LokiError } from '../../../errors.ts';

/** Where Debian's package keeps SwiftShader, a Vulkan driver in software, and what it says of it. */
export const SWIFTSHADER_DRIVER = '/usr/lib/chromium/libvk_swiftshader.so';
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * Lets webgpu compute on the processor, slowly. Has to be called before the first graph of the process is loaded: the Vulkan loader
 * reads it once.
 *
 * @throws LokiError INPUT_NOT_FOUND
 */
export function useSoftwareGpu(): void {
  if (!existsSync(SWIFTSHADER))
    throw new LokiError(
      'INPUT_NOT_FOUND',
      `There is no ${SWIFTSHADER}: install Debian's packages chromium and libvulkan1.`,
    );
  process.env['VK_ICD_FILENAMES'] = SWIFTSHADER;
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
}
