/**
 * Writes every kernel's .wasm from the .wat beside it, the same bytes each time:
 *
 *     npm run build:kernels
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

const KERNELS = [
  'fit/kernel/fit-kernel',
  'fit/kernel/shape-kernel',
  'raster/kernel/surface-kernel',
  'raster/kernel/encode-kernel',
  'diffusion/kernel/cut-kernel',
  'diffusion/kernel/add-kernel',
  'diffusion/kernel/lips-kernel',
  'diffusion/kernel/decoder-kernel',
];

/** The module's bytes. Throws where the text is not valid. */
export async function compileKernel(path) {
  const { parseWat } = await wabt();
  const module = parseWat(fileURLToPath(path), readFileSync(path, 'utf8'), { simd: true });
  try {
    module.resolveNames();
    module.validate();
    return Uint8Array.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const kernel of KERNELS) {
    const path = new URL(`../src/reenact/${kernel}.wat`, import.meta.url);
    writeFileSync(new URL(`${kernel.split('/').at(-1)}.wasm`, path), await compileKernel(path));
  }
