/**
 * Builds the pages to out/pages: studio.html, viewer.html and obs.html, with everything they need beside them, so
 * that a page never asks anyone but our own server for anything.
 *
 *     npx vite build --config src/client/vite.config.ts
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const outDir = fileURLToPath(new URL('../../out/pages', import.meta.url));

/** The face landmarker's WebAssembly for module workers, served as /wasm/. */
const WASM_FILES = ['vision_wasm_module_internal.js', 'vision_wasm_module_internal.wasm'];

/** Clip of the built-in driver, served as /media/driver.mp4. */
const BUILTIN_DRIVER = fileURLToPath(new URL('../../models/builtin/driver.mp4', import.meta.url));

const copyMedia = {
  name: 'copy-media',
  writeBundle() {
    const entry = createRequire(import.meta.url).resolve('@mediapipe/tasks-vision');
    for (const file of WASM_FILES) copy(join(dirname(entry), 'wasm', file), `wasm/${file}`);
    copy(BUILTIN_DRIVER, 'media/driver.mp4');
  },
};

function copy(from: string, to: string): void {
  const path = join(outDir, to);
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(from, path);
}

const pages = ['studio', 'viewer', 'obs'];

export default {
  root,
  base: '/',
  appType: 'mpa',
  logLevel: 'warn',
  plugins: [copyMedia],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  worker: { format: 'es' },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
    rollupOptions: { input: Object.fromEntries(pages.map((page) => [page, join(root, `${page}.html`)])) },
  },
};
