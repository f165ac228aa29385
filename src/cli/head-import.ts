import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { LokiError } from '../errors.ts';
import type { FlameHeadOptions } from '../reenact/head/flame/flame-head.ts';
import { importFlame } from '../reenact/head/flame/import-flame.ts';
import { parseHeadFile } from '../reenact/head/head-file.ts';

const USAGE = `Makes a head file from your own FLAME model (2017, 2020, 2023 or 2023 Open; .pkl or .npz).

  npm run head:import -- FLAME.pkl [--out FILE] [--shape N] [--expression N] [--split N] [--licence TEXT]

  --out         where the head file goes; FLAME.bin beside the model by default
  --shape       identity components to keep; all by default
  --expression  expression components to keep; all by default
  --split       number of identity components in the file, where it has neither 400 nor 150 components in all
  --licence     licence to note in the head file; FLAME's own forbids passing it on, 2023 Open is CC-BY-4.0

Nothing in the model file is executed.
`;

async function main(): Promise<void> {
  const { path, out, options } = readOptions();
  if (path === null) {
    console.log(USAGE);
    return;
  }
  const file = importFlame(await read(path), options);
  await write(out, file);
  const head = parseHeadFile(file);
  console.log(
    `Wrote ${out}: ${head.vertexCount} vertices, ${head.shapeCount} identity and ${head.expressionCount} expression components.`,
  );
  console.log(`Next, find the landmarks on it: npm run calibrate -- --head ${out}`);
}

function readOptions(): { path: string | null; out: string; options: FlameHeadOptions } {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse();
  } catch (cause) {
    throw new LokiError('INVALID_OPTION', `${(cause as Error).message.split('.')[0]}.`, { cause });
  }
  const { values, positionals } = parsed;
  if (values.help) return { path: null, out: '', options: {} };
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0)
    throw new LokiError('INVALID_OPTION', 'Name one FLAME file: npm run head:import -- FLAME.pkl.');
  return {
    path,
    out: values.out ?? `${path.replace(/\.(pkl|npz)$/i, '')}.bin`,
    options: {
      ...count('shape', 'shapeCount', values.shape),
      ...count('expression', 'expressionCount', values.expression),
      ...count('split', 'split', values.split),
      ...(values.licence === undefined ? {} : { licence: values.licence }),
    },
  };
}

function parse() {
  return parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      shape: { type: 'string' },
      expression: { type: 'string' },
      split: { type: 'string' },
      licence: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
}

function count(option: string, key: keyof FlameHeadOptions, text: string | undefined): FlameHeadOptions {
  if (text === undefined) return {};
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new LokiError('INVALID_OPTION', `--${option} takes a whole number, not ${text}.`);
  return { [key]: value };
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'ENOENT'
      ? new LokiError('INPUT_NOT_FOUND', `There is no file ${path}.`, { cause })
      : new LokiError('INPUT_UNREADABLE', `${path} can't be read: ${(cause as Error).message}.`, { cause });
  }
}

/** Whole under its name or not there. */
async function write(path: string, bytes: Uint8Array): Promise<void> {
  const partial = `${path}.part`;
  try {
    await writeFile(partial, bytes);
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    const full = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
    throw full
      ? new LokiError('DISK_FULL', `The disk is full: ${path} was not written.`, { cause })
      : new LokiError('OUTPUT_NOT_WRITABLE', `${path} can't be written: ${(cause as Error).message}.`, {
          cause,
        });
  }
}

main().catch((error: unknown) => {
  if (!(error instanceof LokiError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
});
