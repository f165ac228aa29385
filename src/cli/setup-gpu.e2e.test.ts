import { access, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ended, SetUpFixture } from './setup-fixture.ts';

const FOLDER = `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}`;
const LIBRARY = `${FOLDER}/libonnxruntime_providers_cuda.so`;

let project: SetUpFixture;
beforeEach(async () => {
  project = await SetUpFixture.create({ 'onnxruntime-node': '1.30.0' });
});
afterEach(() => project.remove());

/** The package with an install script that does `body`, in a folder of which `put(name)` makes a library. */
async function describePackage(body: string): Promise<void> {
  await project.write('node_modules/onnxruntime-node/package.json', '{"type":"commonjs"}');
  await project.write(
    'node_modules/onnxruntime-node/script/install.js',
    `const fs = require('fs');
     fs.appendFileSync('asked.log', process.env.ONNXRUNTIME_NODE_INSTALL + '\\n');
     const put = (name) => {
       fs.mkdirSync('bin/napi-v6/${process.platform}/${process.arch}', { recursive: true });
       fs.writeFileSync('bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime_providers_' + name + '.so', '');
     };
     ${body}`,
  );
}

const setUp = () => ended(project.start(['scripts/setup.mjs', '--gpu']));
const isThere = () =>
  access(project.path(LIBRARY)).then(
    () => true,
    () => false,
  );

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('set-up of the CUDA provider', () => {
  it('says in one line what to do without a network, and leaves no part of a library', async () => {
    await describePackage(`put('cuda'); put('shared');
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND api.nuget.org'), { code: 'ENOTFOUND' }));`);
    const { status, stdout, stderr } = await setUp();
    expect(status).toBe(1);
    expect(stdout).toContain("Set-up: fetching ONNX Runtime's CUDA provider");
    expect(stderr).toMatch(
      /^ONNX Runtime's CUDA provider could not be fetched \(no network: ENOTFOUND\): connect to NuGet .*\n$/,
    );
    expect(await isThere()).toBe(false);
  });

  it("gives the install script's own reason where it is another one", async () => {
    await describePackage(`throw new Error('No package exists for: x')`);
    expect((await setUp()).stderr).toContain('could not be fetched (No package exists for: x)');
  });

  it('fetches by the package’s own script, once, and names the libraries that the system lacks', async () => {
    await describePackage(`put('cuda'); put('shared'); put('tensorrt');`);
    await project.program(
      'ldd',
      'printf "\\tlibcudnn.so.9 => not found\\n\\tlibcublas.so.12 => not found\\n\\tlibc.so.6 => /lib/libc.so.6 (0x7f)\\n"',
    );
    const first = await setUp();
    expect(first.status).toBe(1);
    // Whether there is a GPU is this machine's matter.
    expect(first.stderr).toMatch(
      /^ONNX Runtime's CUDA provider is here, but (this machine shows no NVIDIA GPU|the system does not find libcudnn\.so\.9, libcublas\.so\.12: install CUDA 12's libraries and cuDNN 9)/,
    );
    expect(first.stderr.trim().split('\n')).toHaveLength(1);
    expect((await setUp()).stdout).not.toContain('fetching');
    expect(await readFile(project.path('node_modules/onnxruntime-node/asked.log'), 'utf8')).toBe('true\n');
  });

  it('throws away a damaged library, and fetches it again next time', async () => {
    await describePackage(`put('cuda'); put('shared'); put('tensorrt');`);
    await project.program('ldd', 'echo "ldd: not a dynamic executable" >&2; exit 1');
    expect((await setUp()).stderr).toMatch(
      /is damaged .* and was removed: run `npm run setup -- --gpu` again/,
    );
    expect(await isThere()).toBe(false);
    expect((await setUp()).stdout).toContain('fetching');
  });
});

describe('the set-up', () => {
  it('refuses options that it does not have', async () => {
    const { status, stderr } = await ended(project.start(['scripts/setup.mjs', '--fast']));
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'The set-up has no option --fast: the only one is --gpu.\n',
    });
  });
});
