import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, type PackageFile, parseManifest } from './manifest.js';
import { PackageError } from './package-error.js';

/** Small enough that hashing one chunk stays below a millisecond on the event loop. */
const HASH_CHUNK_BYTES = 512 * 1024;

/** An opened package: its checked `model.json` and where its files are. */
export class ModelPackage {
  readonly #verified = new Map<PackageFile, Promise<void>>();

  constructor(
    /** The package folder. */
    readonly directory: string,
    readonly manifest: Manifest,
  ) {}

  /** Full path of a file of the package. */
  path(file: PackageFile): string {
    return join(this.directory, this.manifest.files[file].path);
  }

  /**
   * Compares a file with the SHA-256 in `model.json`, once; later calls get the first result. Throws a `PackageError`
   * when it is missing or differs.
   */
  verify(file: PackageFile): Promise<void> {
    let result = this.#verified.get(file);
    if (result === undefined) {
      result = this.#hash(file);
      this.#verified.set(file, result);
    }
    return result;
  }

  async #hash(file: PackageFile): Promise<void> {
    await checkLength(this, file);
    const hash = createHash('sha256');
    const stream = createReadStream(this.path(file), { highWaterMark: HASH_CHUNK_BYTES });
    for await (const chunk of stream) hash.update(chunk as Buffer);
    const found = hash.digest('hex');
    const { path, sha256 } = this.manifest.files[file];
    if (found !== sha256) {
      throw new PackageError(
        'checksum',
        `${path} has the SHA-256 ${found}, but model.json says ${sha256}; the file was damaged or exchanged, copy the package again`,
      );
    }
  }
}

/**
 * Opens a model package: reads and checks `model.json` and looks whether each file is there with its stated length.
 * Contents are verified when a stage loads its file. Throws a `PackageError`.
 */
export async function openPackage(directory: string): Promise<ModelPackage> {
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
  const opened = new ModelPackage(directory, parseManifest(json));
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
