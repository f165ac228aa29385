import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SetUpFixture } from './setup-fixture.ts';

const BUILDING = 'Set-up: building the pages (a few seconds) ...\n';
const DONE = `${BUILDING}Set-up: done.\n`;
const NOTHING = 'Set-up: nothing to do.\n';

/** In place of Vite: empties the output folder and puts one page into it, or complains as Vite does. */
const VITE = `
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
if (existsSync('broken')) {
  console.error('error during build:\\nCould not resolve "./nowhere.ts" from "src/client/studio/main.tsx"');
  process.exit(1);
}
rmSync('out/pages', { recursive: true, force: true });
mkdirSync('out/pages', { recursive: true });
writeFileSync('out/pages/studio.html', process.argv.slice(2).join(' '));
`;

let project: SetUpFixture;
beforeEach(async () => {
  project = await SetUpFixture.create({ vite: '1.0.0' });
  await project.write('node_modules/vite/package.json', '{ "type": "module" }');
  await project.write('node_modules/vite/bin/vite.js', VITE);
  await project.write('src/client/vite.config.ts', '');
  await project.write('src/client/studio.html', '<p>studio</p>');
  await project.write('src/contract/shared.ts', '');
});
afterEach(() => project.remove());

describe('set-up of the pages', () => {
  it('builds them once, by the configuration that npm run build:pages uses', async () => {
    expect(await project.setUp()).toEqual({ status: 0, stdout: DONE, stderr: '' });
    expect(await readFile(project.path('out/pages/studio.html'), 'utf8')).toMatch(
      /^build --config \S+src\/client\/vite\.config\.ts /,
    );
    expect((await project.setUp()).stdout).toBe(NOTHING);
  });

  it.each([
    ['a page', 'src/client/studio.html'],
    ['a new source', 'src/client/studio/new.tsx'],
    ['what they share with the server', 'src/contract/shared.ts'],
  ])('builds them again when %s has changed', async (_, path) => {
    await project.setUp();
    await project.write(path, 'changed');
    expect((await project.setUp()).stdout).toBe(DONE);
    expect((await project.setUp()).stdout).toBe(NOTHING);
  });

  it('builds them again when a source or the output is gone, not for a test', async () => {
    await project.setUp();
    await project.write('src/client/studio.test.ts', '');
    expect((await project.setUp()).stdout).toBe(NOTHING);
    await rm(project.path('src/contract/shared.ts'));
    expect((await project.setUp()).stdout).toBe(DONE);
    await rm(project.path('out'), { recursive: true });
    expect((await project.setUp()).stdout).toBe(DONE);
  });

  it('passes on what Vite complains about, and tries again next time', async () => {
    await project.write('broken', '');
    const failed = await project.setUp();
    expect(failed.status).toBe(0);
    expect(failed.stdout).toContain(
      'Set-up: The pages could not be built (Could not resolve "./nowhere.ts" from "src/client/studio/main.tsx"): ' +
        'see `npm run build:pages`.\n',
    );
    await expect(stat(project.path('out/pages'))).rejects.toThrow('ENOENT');
    await rm(project.path('broken'));
    expect((await project.setUp()).stdout).toBe(DONE);
  });

  it('leaves nothing but the pages and their fingerprint', async () => {
    await project.setUp();
    expect((await readdir(project.path('out/pages'))).sort()).toEqual(['.sources', 'studio.html']);
    expect(await readdir(project.path('.cache'))).toEqual([]);
  });
});
