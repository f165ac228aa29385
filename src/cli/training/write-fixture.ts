/**
 * Writes models/training/fixtures/person.zip: a person of two frames as the renderer makes them, and the driver map of
 * the first as a session would draw it, so that the Python side can be held against both. `tsx write-fixture.ts SEED FILE`.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { WindowRaster } from '../../reenact/diffusion/window-raster.ts';
import { DRIVER_MAP_CHANNELS, DRIVER_MAP_SIZE } from '../../reenact/raster/driver-map.ts';
import { personFolder, writePerson } from './person-folder.ts';
import { renderPerson } from './render-person.ts';
import { openStudio } from './studio.ts';

const FRAMES = 2;
/** The fixture holds every fourth row and column of the map, from the third on. */
const STRIDE = 4;
const FIRST = 2;

const [seed, file] = process.argv.slice(2);
const studio = await openStudio();
const plane = DRIVER_MAP_SIZE ** 2;
const map = new Float32Array(DRIVER_MAP_CHANNELS * plane);
const visibility = new Float32Array(plane);
const data = await renderPerson(studio, {
  seed: Number(seed),
  frames: FRAMES,
  commands: 'true',
  onFrame: ({ index, reference, commanded, window }) => {
    if (index === 0)
      new WindowRaster(studio.rig.model, reference).render(commanded, window, map, { visibility });
  },
});
await studio.tracker.close();
const folder = await mkdtemp(join(tmpdir(), 'person-'));
await writePerson(folder, data);
const thinned = map.filter((_, i) => {
  const x = i % DRIVER_MAP_SIZE;
  const y = Math.trunc(i / DRIVER_MAP_SIZE) % DRIVER_MAP_SIZE;
  return x % STRIDE === FIRST && y % STRIDE === FIRST;
});
const files: Record<string, Uint8Array> = { 'person/driver-map.f32': new Uint8Array(thinned.buffer) };
const person = personFolder(folder, data.meta.seed);
for (const name of await readdir(person)) files[`person/${name}`] = await readFile(join(person, name));
await rm(folder, { recursive: true });
// A fixed date: the same data gives the same file.
const zip = zipSync(files, { level: 9, mtime: '2026-01-01' });
await writeFile(file, zip);
console.log(`${file}: ${(zip.length / 1024).toFixed(0)} KB, ${data.meta.style}`);
