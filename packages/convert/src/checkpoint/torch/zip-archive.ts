import { basename } from 'node:path';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { ConvertError } from '../../convert-error.js';

/** Where the content of an entry lies in the archive's file. */
export interface ZipSpan {
  readonly start: number;
  readonly bytes: number;
}

/** A zip file (with zip64) whose entries are stored as they are, so that they can be read in place. */
export class StoredZip implements AsyncDisposable {
  readonly #label: string;

  private constructor(
    private readonly file: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
    path: string,
  ) {
    this.#label = basename(path);
  }

  /** Reads the central directory. Rejects with a `ConvertError` when it is missing or broken. */
  static async open(path: string): Promise<StoredZip> {
    const label = basename(path);
    let file: ZipFile | undefined;
    try {
      file = await openPromise(path, { autoClose: false, lazyEntries: true });
      const entries = new Map<string, Entry>();
      for await (const entry of file.eachEntry()) {
        if (entries.has(entry.fileName)) throw new Error(`it holds ${entry.fileName} twice`);
        entries.set(entry.fileName, entry);
      }
      return new StoredZip(file, entries, path);
    } catch (error) {
      file?.close();
      throw new ConvertError(
        'damaged',
        `${label} begins like a zip file, but its directory cannot be read (${(error as Error).message}); it is truncated or damaged, copy it again`,
        { cause: error },
      );
    }
  }

  /** Names of all entries. */
  get names(): Iterable<string> {
    return this.entries.keys();
  }

  /** Where an entry's content lies; undefined when there is no such entry. */
  async locate(name: string): Promise<ZipSpan | undefined> {
    const entry = this.entries.get(name);
    if (entry === undefined) return undefined;
    if (entry.compressionMethod !== 0 || entry.isEncrypted()) {
      throw new ConvertError(
        'format',
        `${this.#label}: ${name} is compressed or encrypted, which torch.save never does; unpack and save the checkpoint with torch.save`,
      );
    }
    try {
      const { fileDataStart } = await this.file.readLocalFileHeaderPromise(entry, { minimal: true });
      return { start: fileDataStart, bytes: entry.uncompressedSize };
    } catch (error) {
      throw new ConvertError(
        'damaged',
        `${this.#label}: ${name} is not where the directory says (${(error as Error).message}); copy the file again`,
        { cause: error },
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.file.close();
  }
}
