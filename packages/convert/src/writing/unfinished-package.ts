import { copyFile, link, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConvertError } from '../convert-error.js';
import { Journal, type JournalEntry } from './journal.js';

const JOURNAL = 'journal.jsonl';
const OWNER = 'owner.pid';

/**
 * A package on its way: the folder `<out>.partial`, which has no `model.json` until its last moment and takes the name
 * `<out>` when it is whole. What an interrupted conversion left in it is used again by the same conversion and removed by
 * another.
 */
export class UnfinishedPackage implements AsyncDisposable {
  private constructor(
    readonly out: string,
    readonly folder: string,
    readonly journal: Journal,
    /** Tensors that an interrupted run says it has written. */
    readonly earlier: readonly JournalEntry[],
  ) {}

  /**
   * Makes the folder, or takes up the one of an interrupted run.
   * @param conversion tells this conversion from others: sources and all that decides the content.
   */
  static async begin(out: string, conversion: string): Promise<UnfinishedPackage> {
    const path = resolve(out);
    const folder = `${path}.partial`;
    await mkdir(dirname(path), { recursive: true });
    await refuseSecond(folder);
    const earlier = await Journal.read(join(folder, JOURNAL), conversion);
    if (earlier === undefined) await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, OWNER), String(process.pid));
    const journal = await Journal.begin(join(folder, JOURNAL), conversion, earlier ?? []);
    return new UnfinishedPackage(path, folder, journal, earlier ?? []);
  }

  /** Full path of a file in it. */
  path(file: string): string {
    return join(this.folder, file);
  }

  /** Takes over files of the package that stands at `out`. */
  async keep(files: readonly string[]): Promise<void> {
    for (const file of files) {
      await rm(this.path(file), { force: true });
      const standing = join(this.out, file);
      // Not every file system has hard links.
      await link(standing, this.path(file)).catch(() => copyFile(standing, this.path(file)));
    }
  }

  /** Writes `model.json` and gives the folder its name; a package that stood there is removed. */
  async finish(manifest: unknown): Promise<void> {
    await this.journal[Symbol.asyncDispose]();
    await writeDurably(this.path('model.json'), `${JSON.stringify(manifest, null, 1)}\n`);
    const former = `${this.out}.former`;
    await rm(former, { recursive: true, force: true });
    await rename(this.out, former).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(this.folder, this.out);
    await syncFolder(dirname(this.out));
    await rm(former, { recursive: true, force: true });
    for (const leftover of [JOURNAL, OWNER]) await rm(join(this.out, leftover), { force: true });
  }

  /** Lets go of the folder; what is in it stays for the next run. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.journal[Symbol.asyncDispose]().catch(() => {});
    await rm(join(this.folder, OWNER), { force: true });
  }
}

/** Whether a package, or anything else, stands at a path. */
export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Writes a file and waits until it is on disk. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content, { flush: true });
}

async function refuseSecond(folder: string): Promise<void> {
  const owner = Number(await readFile(join(folder, OWNER), 'utf8').catch(() => ''));
  if (!Number.isInteger(owner) || owner <= 0 || owner === process.pid || !isRunning(owner)) return;
  throw new ConvertError(
    'target',
    `another conversion (process ${owner}) is writing to ${basename(folder)}; wait for it, or remove ${join(folder, OWNER)} if that process is no conversion`,
  );
}

function isRunning(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
