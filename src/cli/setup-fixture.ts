/** A project of scripts and lock file alone, for the end-to-end tests of the set-up. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPTS = fileURLToPath(new URL('../../scripts/', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class SetUpFixture {
  readonly folder: string;
  readonly #children: ChildProcess[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** `packages`: versions by name, which count as installed. */
  static async create(packages: Readonly<Record<string, string>>): Promise<SetUpFixture> {
    const fixture = new SetUpFixture(await mkdtemp(join(tmpdir(), 'loki-set-up-')));
    // One test reads it as another user.
    await chmod(fixture.folder, 0o755);
    await cp(SCRIPTS, fixture.path('scripts'), { recursive: true });
    // As after a failed download: the face model is not what these tests are about.
    await fixture.write('models/cache/.unreachable', '');
    const entries = Object.entries(packages).map(([name, version]) => [`node_modules/${name}`, { version }]);
    const lock = JSON.stringify({ packages: { '': {}, ...Object.fromEntries(entries) } });
    await fixture.write('package-lock.json', lock);
    const sum = createHash('sha256').update(lock).digest('hex');
    await fixture.write('node_modules/.loki-setup', `${sum} ${process.platform}-${process.arch}\n`);
    await mkdir(fixture.path('bin'));
    return fixture;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: string): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), content);
  }

  /** A shell script that the set-up finds under that name. */
  async program(name: string, body: string): Promise<void> {
    await writeFile(this.path(`bin/${name}`), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }

  /** Node with nothing but `bin` to find programs in, so that no step gets at this machine's apt or compiler. */
  start(args: readonly string[], environment: Record<string, string> = {}, options: { uid?: number } = {}) {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(npm_|MEDIASOUP|LOKI|XDG)/.test(name),
    );
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      env: {
        ...Object.fromEntries(inherited),
        PATH: this.path('bin'),
        XDG_CACHE_HOME: this.path('cache'),
        MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: 'http://127.0.0.1:9',
        ...environment,
      },
      ...options,
    });
    this.#children.push(child);
    return child;
  }

  setUp(environment: Record<string, string> = {}): Promise<Ended> {
    return ended(this.start(['scripts/setup.mjs'], environment));
  }

  async remove(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What a process has said by its end. */
export async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [status] = await once(child, 'close');
  return { status: status as number | null, stdout, stderr };
}
