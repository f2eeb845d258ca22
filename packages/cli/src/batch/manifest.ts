import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { UsageError } from '../usage-error.js';

const wish = { instruction: z.string().min(1).optional(), tags: z.string().min(1).optional() };

/** A line of `osum understand --manifest`: a recording, and what to find out about it. */
export const understandEntrySchema = z
  .looseObject({ audio: z.string().min(1), ...wish })
  .refine((entry) => (entry.instruction === undefined) !== (entry.tags === undefined), {
    error: 'give either `instruction` or `tags`',
  });

/** A line of `osum interpret --manifest`: an instruction. */
export const interpretEntrySchema = z.looseObject({ instruction: z.string() });

/**
 * Reads a manifest: one JSON object a line, blank lines aside.
 *
 * Fails with `UsageError` for a file that cannot be read or a line that is no JSON object of the schema; it names the line.
 */
export async function readManifest<T extends object>(path: string, schema: z.ZodType<T>): Promise<T[]> {
  return (await readNumberedManifest(path, schema)).map(({ entry }) => entry);
}

/** Reads a manifest as `readManifest` does, and tells the number of each entry's line, from 1. */
export async function readNumberedManifest<T extends object>(
  path: string,
  schema: z.ZodType<T>,
): Promise<{ entry: T; line: number }[]> {
  const entries: { entry: T; line: number }[] = [];
  let line = 0;
  try {
    for await (const text of createInterface({
      input: createReadStream(path),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      line += 1;
      if (text.trim() === '') continue;
      entries.push({ entry: parseLine(text, schema, `${path}:${line}`), line });
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read the manifest ${path}: ${(error as Error).message}`);
  }
  if (entries.length === 0) throw new UsageError(`${path} holds no line: expected one JSON object a line`);
  return entries;
}

function parseLine<T extends object>(line: string, schema: z.ZodType<T>, place: string): T {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new UsageError(`${place} is no JSON: ${(error as Error).message}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message } = { path: [], message: 'is not as expected' }, ...more] = parsed.error.issues;
  const field = path.length > 0 ? `${path.join('.')}: ` : '';
  throw new UsageError(
    `${place}: ${field}${message}${more.length > 0 ? ` (and ${more.length} more faults)` : ''}`,
  );
}

/** The path of a recording that a manifest names relative to itself. */
export function audioPath(manifest: string, audio: string): string {
  return resolve(dirname(manifest), audio);
}

/**
 * Lines of an interrupted run's output that can be kept: those of the first entries, complete and in order. The file is
 * shortened to them, so that a line cut in half is written again.
 *
 * Fails with `UsageError` when a line belongs to another manifest: `key` of both sides must agree.
 */
export async function resumeOutput<T extends object>(
  path: string,
  entries: readonly T[],
  key: (entry: Partial<T>) => unknown,
): Promise<{ done: number; failed: number }> {
  const file = await open(path, 'a+');
  try {
    const text = await file.readFile('utf8');
    const lines = text.split('\n');
    lines.pop();
    let bytes = 0;
    let failed = 0;
    for (const [index, line] of lines.entries()) {
      const written = parseWritten<T>(line);
      const entry = entries[index];
      if (written === undefined || entry === undefined || key(written) !== key(entry)) {
        throw new UsageError(
          `${path}:${index + 1} is not the answer to line ${index + 1} of the manifest: name another --out, or remove the file`,
        );
      }
      if ('error' in written) failed += 1;
      bytes += Buffer.byteLength(line) + 1;
    }
    await file.truncate(bytes);
    return { done: lines.length, failed };
  } finally {
    await file.close();
  }
}

function parseWritten<T>(line: string): Partial<T> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Partial<T>) : undefined;
  } catch {
    return undefined;
  }
}
