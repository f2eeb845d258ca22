import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, type PackageFile, parseManifest } from './manifest.js';
import { PackageError } from './package-error.js';
import { VerifiedFiles } from './verified-files.js';

/** Small enough that hashing one chunk stays below a millisecond on the event loop. */
const HASH_CHUNK_BYTES = 512 * 1024;

/** An opened package: its checked `model.json` and where its files are. */
export class ModelPackage {
  readonly #verified = new Map<PackageFile, Promise<void>>();

  constructor(
    /** The package folder. */
    readonly directory: string,
    readonly manifest: Manifest,
    private readonly verifiedFiles: VerifiedFiles = VerifiedFiles.ofUser(),
  ) {}

  /** Full path of a file of the package. */
  path(file: PackageFile): string {
    return join(this.directory, this.manifest.files[file].path);
  }

  /**
   * Compares a file with the SHA-256 in `model.json`, once; later calls get the first result. A large file that was
   * compared by an earlier process and is unchanged since then is not read again. Throws a `PackageError` when it is
   * missing or differs.
   */
  verify(file: PackageFile): Promise<void> {
    let result = this.#verified.get(file);
    if (result === undefined) {
      result = this.#compare(file);
      this.#verified.set(file, result);
    }
    return result;
  }

  async #compare(file: PackageFile): Promise<void> {
    await checkLength(this, file);
    const path = this.path(file);
    const { sha256 } = this.manifest.files[file];
    const before = await this.verifiedFiles.identityOf(path);
    if (before !== null && (await this.verifiedFiles.has(path, before, sha256))) return;
    const found = await sha256Of(path);
    if (found !== sha256) {
      throw new PackageError(
        'checksum',
        `${this.manifest.files[file].path} has the SHA-256 ${found}, but model.json says ${sha256}; the file was damaged or exchanged, copy the package again`,
      );
    }
    if (before !== null && before === (await this.verifiedFiles.identityOf(path))) {
      await this.verifiedFiles.add(path, before, sha256);
    }
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: HASH_CHUNK_BYTES })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

/**
 * Opens a model package: reads and checks `model.json` and looks whether each file is there with its stated length.
 * Contents are verified when a stage loads its file. Throws a `PackageError`.
 */
export async function openPackage(directory: string, verifiedFiles?: VerifiedFiles): Promise<ModelPackage> {
  let text: string;
  try {
    text = await readFile(join(directory, 'model.json'), 'utf8');
  } catch {
    throw new PackageError(
      'not-found',
      `${directory} holds no model.json; give the folder of a model package, such as models/osum-nano`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new PackageError(
      'manifest',
      `model.json is not JSON (${(error as Error).message}); write the package again`,
    );
  }
  const opened = new ModelPackage(directory, parseManifest(json), verifiedFiles);
  for (const file of Object.keys(opened.manifest.files) as PackageFile[]) await checkLength(opened, file);
  return opened;
}

async function checkLength(opened: ModelPackage, file: PackageFile): Promise<void> {
  const { path, bytes } = opened.manifest.files[file];
  let found: number;
  try {
    found = (await stat(opened.path(file))).size;
  } catch {
    throw new PackageError(
      'file-missing',
      `${path} is missing beside model.json; copy the whole package folder`,
    );
  }
  if (found !== bytes) {
    throw new PackageError(
      'file-size',
      `${path} is ${found} bytes long, but model.json says ${bytes}; the copy is incomplete or of another version`,
    );
  }
}
