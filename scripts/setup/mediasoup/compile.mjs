/**
 * Builds mediasoup's worker from its npm package with g++, flatc and Debian's libraries, in place of the package's
 * own build: that one fetches Meson and seven libraries from the network. Nine tenths of the compiler's time goes
 * into headers, so sources are compiled in a few large groups: a minute on two cores instead of five.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, endianness } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../run-command.mjs';
import { groupSources } from './group-sources.mjs';

export const PACKAGES = [
  ...['g++', 'pkg-config', 'flatbuffers-compiler', 'libflatbuffers-dev', 'libabsl-dev'],
  ...['libssl-dev', 'libsrtp2-dev', 'libusrsctp-dev', 'libuv1-dev'],
];

const SRTP_SHIM = fileURLToPath(new URL('srtp.h', import.meta.url));
const LIBWEBRTC = 'deps/libwebrtc';
/** So many at least, so that no two sources of a group define a name alike. Each takes 750 MB while it compiles. */
const GROUPS = 6;
/** Specialises templates that other sources of its group would have instantiated before. */
const BEFORE_OTHERS = 'src/RTC/RTCP/Feedback.cpp';

/** `[file, text, replacement]` */
const PATCHES = [
  // Debian's OpenSSL asks the BIO whether kernel TLS is on; the worker's callback says 1 to everything but a plain
  // return, and the first DTLS write then crashes.
  ['src/RTC/DtlsTransport.cpp', '(operationType == BIO_CB_RETURN)', '(operationType & BIO_CB_RETURN)'],
  ['include/RTC/Codecs/DependencyDescriptor.hpp', '', '#pragma once\n'],
];

const FLAGS = [
  ...['-std=c++17', '-O2', '-w', '-pthread'],
  ...['-DMS_EXECUTABLE', `-DMS_${endianness() === 'LE' ? 'LITTLE' : 'BIG'}_ENDIAN`],
  '-DFLATBUFFERS_LOCALE_INDEPENDENT=1',
];
const SCHEMA_FLAGS = [
  ...['--cpp', '--cpp-field-case-style', 'lower', '--reflect-names', '--scoped-enums'],
  ...['--filename-suffix', ''],
];
/** Linked into the worker; what has to do with keys stays with the system, which keeps it up to date. */
const STATIC_LIBRARIES = [
  ...['absl_flat_hash_map', 'absl_flat_hash_set', 'absl_btree', 'absl_inlined_vector'],
  ...['absl_strings', 'absl_optional', 'usrsctp', 'libuv-static'],
];
const SHARED_LIBRARIES = ['-lsrtp2', '-lssl', '-lcrypto', '-ldl', '-lrt'];

/**
 * Compiles the worker of the mediasoup package at `packageFolder` to the file `output`. `scratch` is an empty folder,
 * the caller's to remove. Needs PACKAGES; rejects with what the compiler or linker complains about first.
 */
export async function compileWorker({ packageFolder, scratch, output }) {
  const worker = join(scratch, 'worker');
  cpSync(join(packageFolder, 'worker'), worker, { recursive: true });
  for (const [file, text, replacement] of PATCHES) patch(join(worker, file), text, replacement);

  const include = join(scratch, 'include');
  mkdirSync(join(include, 'FBS'), { recursive: true });
  cpSync(SRTP_SHIM, join(include, 'srtp.h'));
  await runCommand('flatc', [...SCHEMA_FLAGS, '-o', join(include, 'FBS'), ...schemas(worker)]);

  const folders = [
    include,
    join(worker, 'include'),
    join(worker, LIBWEBRTC),
    join(worker, LIBWEBRTC, 'libwebrtc'),
  ];
  const flags = [...FLAGS, ...folders.map((folder) => `-I${folder}`)];
  const groups = groupSources(sources(worker), GROUPS);
  const objects = await inParallel(groups, (files, index) =>
    compileGroup(files, join(scratch, `group-${index}`), flags),
  );

  const linked = await runCommand('pkg-config', ['--static', '--libs', ...STATIC_LIBRARIES]);
  await runCommand('g++', [
    ...['-o', output, '-s', '-pthread', ...objects.flat()],
    ...['-Wl,-Bstatic', ...linked.trim().split(/\s+/), '-Wl,-Bdynamic', ...SHARED_LIBRARIES],
  ]);
}

/** The sources that the package's own build lists. */
function sources(worker) {
  const ours = listed(worker, 'meson.build', 'common_sources').filter((path) => path !== BEFORE_OTHERS);
  const theirs = listed(worker, `${LIBWEBRTC}/meson.build`, 'libwebrtc_sources');
  return [BEFORE_OTHERS, ...ours, 'src/main.cpp', ...theirs.map((path) => `${LIBWEBRTC}/${path}`)].map(
    (path) => join(worker, path),
  );
}

function schemas(worker) {
  return listed(worker, 'fbs/meson.build', 'flatbuffers_schemas').map((name) => join(worker, 'fbs', name));
}

function listed(worker, file, variable) {
  const list = new RegExp(`^${variable} = \\[([^\\]]*)\\]`, 'm').exec(
    readFileSync(join(worker, file), 'utf8'),
  );
  if (list === null) throw new Error(`${file} of mediasoup's worker lists no ${variable}`);
  return [...list[1].matchAll(/'(.*?)'/g)].map(([, path]) => path);
}

function patch(file, text, replacement) {
  const before = readFileSync(file, 'utf8');
  if (!before.includes(text)) throw new Error(`${basename(file)} of mediasoup's worker is not as expected`);
  writeFileSync(file, before.replace(text, replacement));
}

/** The object of the group; one of each source where they do not go together after all, as in another version. */
async function compileGroup(files, stem, flags) {
  const compile = async (source, object) => {
    await runCommand('g++', [...flags, '-c', source, '-o', object]);
    return object;
  };
  writeFileSync(`${stem}.cpp`, files.map((file) => `#include "${file}"\n#undef MS_CLASS\n`).join(''));
  try {
    return [await compile(`${stem}.cpp`, `${stem}.o`)];
  } catch (error) {
    if (error.missing) throw error;
    const objects = [];
    for (const [index, file] of files.entries()) objects.push(await compile(file, `${stem}-${index}.o`));
    return objects;
  }
}

/** `work(item, index)` for all items, as many at a time as there are processors. */
async function inParallel(items, work) {
  const results = new Array(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), items.length) }, lane));
  return results;
}
