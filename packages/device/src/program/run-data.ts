import type { Program } from './program.js';

/** The variable part of one run: what goes in by reference, and fresh arrays for what comes out. */
export interface RunData {
  readonly uploads: readonly Uint8Array[];
  readonly downloads: readonly Uint8Array[];
  readonly lengths: readonly Float64Array[];
}

/** Collects a program's present uploads and lengths. Throws when an upload has no source. */
export function runDataOf(program: Program): RunData {
  return {
    uploads: program.uploads.map((upload) => upload.source),
    downloads: program.downloads.map((download) => new Uint8Array(download.source.bytes)),
    lengths: program.lengthSlots.map((slot) => slot.values),
  };
}

/** Hands the arrays of a finished run to the program's downloads. */
export function settleDownloads(program: Program, data: RunData): void {
  for (const download of program.downloads) download.settle(data.downloads[download.index] as Uint8Array);
}
