import { createHash } from 'node:crypto';
import { mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Smaller files are hashed each time: that takes about a second. */
const LEAST_BYTES = 2 ** 30;

/** A file that was changed later than this before it was hashed might change again within its time stamp's tick. */
const SETTLED_MS = 2000;

/** Tells a file and its state from all others; a change of content changes it. */
export type FileIdentity = string;

/**
 * Which large files were found to have which SHA-256, in the user's cache folder, so that a service that is started
 * again need not read them whole. A file counts as the same as long as it is the same inode with the same length and the
 * same times of change; what changes on the disk by itself goes unnoticed until the next copy. Where the folder cannot be
 * written, nothing is remembered.
 */
export class VerifiedFiles {
  constructor(
    private readonly folder: string,
    private readonly leastBytes: number,
    private readonly settledMs = SETTLED_MS,
  ) {}

  /** `$XDG_CACHE_HOME/osum/verified`, by default below `~/.cache`; files from 1 GiB on. */
  static ofUser(): VerifiedFiles {
    const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
    return new VerifiedFiles(join(cache, 'osum', 'verified'), LEAST_BYTES);
  }

  /** The identity of a file that can be remembered; `null` for one that is too small or has just been changed. */
  async identityOf(path: string): Promise<FileIdentity | null> {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(path, { bigint: true });
    if (size < this.leastBytes || Date.now() - Number(ctimeMs) < this.settledMs) return null;
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  }

  /** Whether a file was found to have this digest in its present state. */
  async has(path: string, identity: FileIdentity, sha256: string): Promise<boolean> {
    const known = await readFile(await this.#entry(path), 'utf8').catch(() => null);
    return known === `${identity} ${sha256}\n`;
  }

  /** Remembers that a file had this digest in a state. */
  async add(path: string, identity: FileIdentity, sha256: string): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
      const entry = await this.#entry(path);
      const draft = `${entry}.${process.pid}`;
      await writeFile(draft, `${identity} ${sha256}\n`);
      await rename(draft, entry);
    } catch {
      // Then the file is hashed next time, too.
    }
  }

  async #entry(path: string): Promise<string> {
    const name = createHash('sha256')
      .update(await realpath(path))
      .digest('hex');
    return join(this.folder, name);
  }
}
