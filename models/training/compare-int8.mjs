/**
 * How far the integer graphs are from the float ones on the calibration inputs, and what each costs.
 *
 *     node models/training/compare-int8.mjs PACK OUT [THREADS]
 *
 * PACK has both kinds of graph; OUT is the folder of `observe`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ort from 'onnxruntime-node';

const TIMED_RUNS = 40;
const [pack, out, threads = '1'] = process.argv.slice(2);
if (out === undefined) throw new Error('usage: node models/training/compare-int8.mjs PACK OUT [THREADS]');
const plan = JSON.parse(readFileSync(join(out, 'plan.json'), 'utf8'));
const manifest = JSON.parse(readFileSync(join(pack, 'pack.json'), 'utf8'));

for (const graph of ['denoiser', 'decoder']) {
  const float = await open(manifest.graphs[graph].file);
  const integer = await open(manifest.int8[graph].file);
  const decibels = [];
  for (const inputs of plan[graph].runs) {
    const feeds = feedsOf(inputs);
    const [wanted, found] = [await float.run(feeds), await integer.run(feeds)];
    decibels.push(graph === 'decoder' ? pictures(wanted, found) : signal(wanted.v.data, found.v.data));
  }
  const mean = decibels.reduce((a, b) => a + b, 0) / decibels.length;
  const what = graph === 'decoder' ? 'PSNR of mask · delta (peak 2)' : 'signal to noise of v';
  const feeds = feedsOf(plan[graph].runs[0], 1);
  const times = `${await milliseconds(float, feeds)} ms float, ${await milliseconds(integer, feeds)} ms int8`;
  console.log(
    `${graph}: ${what} ${mean.toFixed(1)} dB (worst ${Math.min(...decibels).toFixed(1)}); ${times}, ${threads} threads`,
  );
}

function open(file) {
  return ort.InferenceSession.create(join(pack, file), {
    intraOpNumThreads: Number(threads),
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
}

/** @param frames of the first axis to keep (all by default); ages of a single frame are 0 */
function feedsOf(inputs, frames) {
  const feeds = {};
  for (const [name, { file, shape, type }] of Object.entries(inputs)) {
    const bytes = readFileSync(join(out, file));
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    let data = type === 'int64' ? new BigInt64Array(buffer) : new Float32Array(buffer);
    let dims = shape;
    if (frames !== undefined) {
      const [first, ...rest] = shape;
      dims = name === 'age' ? [frames, frames] : [Math.min(first, frames), ...rest];
      data = data.slice(
        0,
        dims.reduce((a, b) => a * b, 1),
      );
    }
    feeds[name] = new ort.Tensor(type, data, dims);
  }
  return feeds;
}

function signal(wanted, found) {
  let power = 0;
  let noise = 0;
  wanted.forEach((value, i) => {
    power += value ** 2;
    noise += (value - found[i]) ** 2;
  });
  return 10 * Math.log10(power / noise);
}

/** What the runtime adds to the warp, in −1..1. */
function pictures(wanted, found) {
  const plane = wanted.mask.dims[2] * wanted.mask.dims[3];
  let noise = 0;
  wanted.delta.data.forEach((value, i) => {
    const mask = Math.floor(i / (3 * plane)) * plane + (i % plane);
    noise += (value * wanted.mask.data[mask] - found.delta.data[i] * found.mask.data[mask]) ** 2;
  });
  return 10 * Math.log10(4 / (noise / wanted.delta.data.length));
}

async function milliseconds(session, feeds) {
  const times = [];
  for (let i = 0; i < TIMED_RUNS; i++) {
    const start = performance.now();
    await session.run(feeds);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[TIMED_RUNS / 2].toFixed(1);
}
