import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LokiError } from '../../../errors.ts';
import { SWIFTSHADER_DRIVER, useSoftwareGpu } from '../../../reenact/diffusion/runtime/software-gpu.ts';

/** What a device has been asked for since it was opened. */
export interface GpuCounts {
  readonly kernels: number;
  readonly copies: number;
  readonly barriers: number;
  readonly submissions: number;
}

const SOURCE = fileURLToPath(new URL('null-gpu.c', import.meta.url));
const COUNTERS = 4;

/**
 * Lets webgpu ask a driver for everything, and the driver compute nothing: how long a frame takes is then what asking
 * for it costs the processor. Has to be called before the first graph of the process is loaded. Pictures are zeros.
 *
 * @param folder where the driver is built; there until the process ends
 * @returns reads the counts
 * @throws LokiError INPUT_NOT_FOUND without a compiler, or without the driver in software that it is built around
 */
export async function useNullGpu(folder: string): Promise<() => GpuCounts> {
  useSoftwareGpu();
  const library = join(folder, 'libnull-gpu.so');
  const description = join(folder, 'null-gpu.json');
  const counts = join(folder, 'null-gpu.counts');
  try {
    await promisify(execFile)('cc', ['-O2', '-shared', '-fPIC', '-o', library, SOURCE, '-ldl']);
  } catch (cause) {
    const missing =
      "The driver that computes nothing can't be built: install a C compiler (Debian's package gcc).";
    throw new LokiError('INPUT_NOT_FOUND', missing, { cause });
  }
  const driver = { file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.0.5' } };
  await writeFile(description, JSON.stringify(driver));
  await writeFile(counts, new Uint8Array(COUNTERS * BigUint64Array.BYTES_PER_ELEMENT));
  process.env['VK_ICD_FILENAMES'] = description;
  process.env['LOKI_NULL_GPU_DRIVER'] = SWIFTSHADER_DRIVER;
  process.env['LOKI_NULL_GPU_COUNTS'] = counts;
  return () => {
    const file = readFileSync(counts);
    const [kernels, copies, barriers, submissions] = Array.from({ length: COUNTERS }, (_, i) =>
      Number(file.readBigUInt64LE(i * BigUint64Array.BYTES_PER_ELEMENT)),
    );
    return { kernels, copies, barriers, submissions };
  };
}
