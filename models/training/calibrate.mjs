/**
 * Step 2 of quantisation: runs the float graphs on sample inputs in onnxruntime-node and writes the range of every
 * watched tensor.
 *
 *     node models/training/calibrate.mjs OUT
 *
 * OUT holds what `python3 -m loki_training observe` wrote (plan.json); ranges.json is added. A range is the span that
 * leaves out the outermost `TAIL` of the values of a run, averaged over the runs: single outliers would cost everyone
 * else resolution.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ort from 'onnxruntime-node';

const TAIL = 2e-5;
const BINS = 4096;

const out = process.argv[2];
if (out === undefined) throw new Error('usage: node models/training/calibrate.mjs OUT');
const plan = JSON.parse(readFileSync(join(out, 'plan.json'), 'utf8'));
const ranges = {};

for (const [graph, { file, watched, runs }] of Object.entries(plan)) {
  const session = await ort.InferenceSession.create(join(out, file), { intraOpNumThreads: 2 });
  const sums = new Map(watched.map((name) => [name, { low: 0, high: 0 }]));
  for (const inputs of runs) {
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [name, readTensor(tensor)]),
    );
    const results = await session.run(feeds);
    for (const name of watched) {
      const { low, high } = span((results[name] ?? feeds[name]).data);
      const sum = sums.get(name);
      sum.low += low / runs.length;
      sum.high += high / runs.length;
    }
  }
  ranges[graph] = Object.fromEntries(sums);
  console.log(`${graph}: ${watched.length} tensors over ${runs.length} runs`);
}
writeFileSync(join(out, 'ranges.json'), JSON.stringify(ranges));

/** A tensor of the plan. */
function readTensor({ file, shape, type }) {
  const bytes = readFileSync(join(out, file));
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return new ort.Tensor(type, type === 'int64' ? new BigInt64Array(buffer) : new Float32Array(buffer), shape);
}

/** Lowest and highest value without the tails, by a histogram. */
function span(values) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (high <= low) return { low, high };
  const histogram = new Uint32Array(BINS + 1);
  const scale = BINS / (high - low);
  for (const value of values) histogram[Math.floor((value - low) * scale)]++;
  const spare = values.length * TAIL;
  let first = 0;
  let last = BINS;
  for (let dropped = histogram[0]; dropped <= spare; dropped += histogram[first]) first++;
  for (let dropped = histogram[BINS]; dropped <= spare; dropped += histogram[last]) last--;
  return { low: low + first / scale, high: Math.min(high, low + (last + 1) / scale) };
}
