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
    decibels.push(
      graph === 'decoder' ? pictures(wanted, found, feeds.warp) : signal(wanted.v.data, found.v.data),
    );
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
function pictures(wanted, found, warp) {
  const [a, b] = [changes(wanted, warp), changes(found, warp)];
  const noise = a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);
  return 10 * Math.log10(4 / (noise / a.length));
}

/** mask · (residual − gate · warp) `[frames, 3, R, R]`, from a decoder that gives patches or pixels. */
function changes(decoded, { data: warp, dims }) {
  const [frames, , size] = dims;
  const plane = size * size;
  const out = new Float32Array(warp.length);
  const patch = manifest.patch;
  const of = (tensor, count, frame, k, y, x) => {
    const across = size / patch;
    const square = (frame * across + Math.floor(y / patch)) * across + Math.floor(x / patch);
    return tensor.data[(square * count + k) * patch * patch + (y % patch) * patch + (x % patch)];
  };
  for (let frame = 0; frame < frames; frame++)
    for (let pixel = 0; pixel < plane; pixel++) {
      const [y, x] = [Math.floor(pixel / size), pixel % size];
      for (let k = 0; k < 3; k++) {
        const at = (frame * 3 + k) * plane + pixel;
        if (patch === undefined) out[at] = decoded.delta.data[at] * decoded.mask.data[frame * plane + pixel];
        else {
          const gate = of(decoded.weights, 2, frame, 0, y, x);
          const mask = of(decoded.weights, 2, frame, 1, y, x);
          out[at] = mask * (of(decoded.residual, 3, frame, k, y, x) - gate * warp[at]);
        }
      }
    }
  return out;
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
