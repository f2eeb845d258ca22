import { type FileHandle, open, readFile } from 'node:fs/promises';
import { z } from 'zod';

/** Changes when packages of the same sources would come out differently. */
const JOURNAL_FORMAT = 'osum-convert-journal/1';

const headSchema = z.object({ format: z.literal(JOURNAL_FORMAT), conversion: z.string() });
const entrySchema = z.object({ file: z.string(), tensor: z.string(), sha256: z.string() });

/** A tensor that was written whole. */
export type JournalEntry = z.infer<typeof entrySchema>;

/**
 * Which tensors of an unfinished package are written, one JSON line each, so that an interrupted conversion can go on.
 * The first line tells which conversion it is.
 */
export class Journal implements AsyncDisposable {
  private constructor(private readonly handle: FileHandle) {}

  /** The entries of a journal of this conversion; undefined when there is none, or one of another conversion. */
  static async read(path: string, conversion: string): Promise<JournalEntry[] | undefined> {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    // What stands behind the last newline was being written when the conversion was interrupted.
    const [head, ...lines] = text?.split('\n').slice(0, -1) ?? [];
    try {
      if (headSchema.parse(JSON.parse(head!)).conversion !== conversion) return undefined;
      return lines.map((line) => entrySchema.parse(JSON.parse(line)));
    } catch {
      return undefined;
    }
  }

  /** Begins a journal with entries that hold already; replaces one that is there. */
  static async begin(path: string, conversion: string, entries: readonly JournalEntry[]): Promise<Journal> {
    const handle = await open(path, 'w');
    const journal = new Journal(handle);
    await journal.#write({ format: JOURNAL_FORMAT, conversion });
    for (const entry of entries) await journal.add(entry);
    return journal;
  }

  add(entry: JournalEntry): Promise<void> {
    return this.#write(entry);
  }

  async #write(line: unknown): Promise<void> {
    await this.handle.appendFile(`${JSON.stringify(line)}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}
