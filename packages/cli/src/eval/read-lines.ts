import { access, constants } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { seededRandom } from '@osum/eval';
import { audioPath, readNumberedManifest } from '../batch/manifest.js';
import { UsageError } from '../usage-error.js';
import { grouped } from './grouped.js';
import { manifestLineSchema } from './manifest-line.js';
import type { PlacedLine } from './question.js';

/**
 * Reads labelled manifests. A line without `set` belongs to the set that is named like its file.
 *
 * @param limit most lines of a set. They are drawn by chance, so that labels stay in proportion, and keep their order; a larger
 *   limit with the same seed draws the same ones and more.
 * Fails with `UsageError` naming the line that is wrong, or whose recording cannot be read.
 */
export async function readLines(
  manifests: readonly string[],
  { limit, seed }: { limit: number; seed: number },
): Promise<PlacedLine[]> {
  const lines: PlacedLine[] = [];
  for (const manifest of manifests) {
    const fileName = basename(manifest, extname(manifest));
    for (const { entry, line } of await readNumberedManifest(manifest, manifestLineSchema)) {
      lines.push({ manifest, line, set: entry.set ?? fileName, entry });
    }
  }
  const kept = sample(lines, limit, seed);
  await requireRecordings(kept);
  return kept;
}

function sample(lines: readonly PlacedLine[], limit: number, seed: number): PlacedLine[] {
  const chosen = new Set<PlacedLine>();
  for (const [set, members] of grouped(lines, (line) => line.set)) {
    const ranked = members.map((line) => ({ line, rank: seededRandom(seed, set, line.line)() }));
    ranked.sort((a, b) => a.rank - b.rank);
    for (const { line } of ranked.slice(0, limit)) chosen.add(line);
  }
  return lines.filter((line) => chosen.has(line));
}

/** Hours are not spent on a manifest whose recordings are elsewhere. */
async function requireRecordings(lines: readonly PlacedLine[]): Promise<void> {
  const missing: string[] = [];
  for (const { manifest, line, entry } of lines) {
    if (entry.audio === undefined) continue;
    const path = audioPath(manifest, entry.audio);
    try {
      await access(path, constants.R_OK);
    } catch {
      missing.push(`${manifest}:${line}: cannot read the recording ${path}`);
    }
  }
  if (missing.length === 0) return;
  const more = missing.length > 1 ? ` (and ${missing.length - 1} more)` : '';
  throw new UsageError(`${missing[0]}${more}; paths are relative to the manifest`);
}
