import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPTS = fileURLToPath(new URL('../../scripts/', import.meta.url));

let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'loki-setup-'));
  await cp(SCRIPTS, join(project, 'scripts'), { recursive: true });
  // As after a failed download: these tests are about the rest.
  await mkdir(join(project, 'models/cache'), { recursive: true });
  await writeFile(join(project, 'models/cache/.unreachable'), '');
  await describeProject({});
});
afterEach(() => rm(project, { recursive: true, force: true }));

/** A project with the given dependencies in its lock file, as `name: version`. */
async function describeProject(dependencies: Record<string, string>): Promise<void> {
  const root = { name: 'fixture', version: '1.0.0', dependencies };
  const packages: Record<string, object> = { '': root };
  for (const [name, version] of Object.entries(dependencies)) packages[`node_modules/${name}`] = { version };
  await writeFile(join(project, 'package.json'), JSON.stringify({ ...root, type: 'module', private: true }));
  await writeFile(
    join(project, 'package-lock.json'),
    JSON.stringify({ name: 'fixture', version: '1.0.0', lockfileVersion: 3, requires: true, packages }),
  );
}

function setUp(environment: Record<string, string> = {}) {
  // Without npm's own variables: as typed in a shell.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(project, 'scripts/setup.mjs')], {
    encoding: 'utf8',
    env: { ...Object.fromEntries(inherited), ...environment },
  });
  return { status, stdout, stderr };
}

describe('the set-up', () => {
  it('installs once, says so beforehand, and then has nothing to do', async () => {
    const first = setUp();
    expect(first.stderr).toBe('');
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(/^Set-up: installing the dependencies .*\nSet-up: done\.\n$/);
    expect(setUp()).toEqual({ status: 0, stdout: 'Set-up: nothing to do.\n', stderr: '' });
  });

  it('starts over where the dependencies are gone or the lock file has changed', async () => {
    setUp();
    await rm(join(project, 'node_modules'), { recursive: true });
    expect(setUp().stdout).toMatch(/installing/);
    await writeFile(
      join(project, 'package-lock.json'),
      `${await readFile(join(project, 'package-lock.json'))}\n`,
    );
    await rm(join(project, 'node_modules/.package-lock.json'), { force: true });
    expect(setUp().stdout).toMatch(/installing/);
  });

  it('says in one line what to do where the registry cannot be reached', async () => {
    await describeProject({ tsx: '4.0.0' });
    const { status, stderr } = setUp({
      npm_config_registry: 'http://127.0.0.1:9',
      npm_config_fetch_retries: '0',
      npm_config_cache: join(project, 'empty-cache'),
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^The dependencies could not be installed \(.*\): connect .* then run `npm run setup`\.\n$/,
    );
  });

  it('takes no file for the face model but the right one', async () => {
    await rm(join(project, 'models/cache/.unreachable'));
    await mkdir(join(project, 'data/models'), { recursive: true });
    await writeFile(join(project, 'data/models/face_landmarker.task'), 'something else');
    setUp({ LOKI_DATA_DIR: join(project, 'data') });
    const cached = await readdir(join(project, 'models/cache'));
    expect(cached.filter((name) => name.endsWith('.part'))).toEqual([]);
    // Downloaded where there is a network, missing where there is none; never what was lying about.
    if (cached.includes('face_landmarker.task')) {
      expect((await readFile(join(project, 'models/cache/face_landmarker.task'))).length).toBeGreaterThan(
        1e6,
      );
    } else {
      expect(cached).toContain('.unreachable');
    }
  });

  it('does not wait for a set-up that was killed', async () => {
    await mkdir(join(project, '.cache'), { recursive: true });
    await writeFile(join(project, '.cache/setup.lock'), '4194304999');
    expect(setUp().stdout).toMatch(/Set-up: done\./);
    expect(await readdir(join(project, '.cache'))).toEqual([]);
  });
});
