/**
 * Writes src/reenact/fit/kernel/fit-kernel.wasm from the text beside it, the same bytes each time:
 *
 *     npm run build:kernel
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

const FOLDER = new URL('../src/reenact/fit/kernel/', import.meta.url);

/** The module's bytes. Throws where the text is not valid. */
export async function compileFitKernel() {
  const { parseWat } = await wabt();
  const module = parseWat('fit-kernel.wat', readFileSync(new URL('fit-kernel.wat', FOLDER)), { simd: true });
  try {
    module.resolveNames();
    module.validate();
    return Uint8Array.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('fit-kernel.wasm', FOLDER), await compileFitKernel());
