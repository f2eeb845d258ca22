import { readFileSync } from 'node:fs';
import { inRepository } from './tools/repository.js';

/** Speech as a WAV of 16-bit samples at 16 kHz, which no stage has to resample: its samples are those that the mesh works with. */
export const spokenWav: Buffer = readFileSync(inRepository('packages/audio/test-data/speech-16k-s16.wav'));

const headerBytes = spokenWav.indexOf('data') + 8;
/** The samples of `spokenWav`. */
export const spokenSamples: Int16Array = new Int16Array(
  spokenWav.buffer.slice(spokenWav.byteOffset + headerBytes, spokenWav.byteOffset + spokenWav.length),
);
/** The same as the mesh decodes them. */
export const decodedSamples: Float32Array = Float32Array.from(spokenSamples, (sample) => sample / 32_768);

// Enough bytes, and samples, that nothing else is the same by chance.
const windowBytes = 8;
const quietest = 64;

const windows = new Set<string>();
const windowBeginnings = new Set<number>();
for (const samples of [spokenSamples, decodedSamples]) {
  const bytes = Buffer.from(samples.buffer);
  for (let start = 0; start + windowBytes <= bytes.length; start++) {
    const window = bytes.subarray(start, start + windowBytes);
    if (new Set(window).size < 5) continue;
    windows.add(window.toString('latin1'));
    windowBeginnings.add(window.readUInt32LE(0));
  }
}
const triples = new Set<string>();
for (let start = 0; start + 3 <= spokenSamples.length; start++) {
  const triple = spokenSamples.subarray(start, start + 3);
  if (triple.every((sample) => Math.abs(sample) > quietest)) triples.add(triple.join());
}

/**
 * A stretch of a text that holds a piece of `spokenWav`; undefined if there is none. Found are its bytes, and those of its decoded samples,
 * as hexadecimal digits, as decimal numbers and as base64 at any alignment; and its samples as numbers, as they are or decoded. Eight bytes
 * or three samples in a row are enough.
 */
export function findSpeech(text: string): string | undefined {
  // How lists are wrapped and spaced; and the keys of a typed array as JSON, which is an object.
  const folded = text.replace(/\s+|"\d+":/g, '');
  for (const [run] of text.matchAll(/[\w+/-]{12,}/g)) {
    for (const skipped of [0, 1, 2, 3]) {
      if (holdsBytes(Buffer.from(run.slice(skipped), 'base64'))) return run;
    }
  }
  for (const [run] of folded.matchAll(/[\da-f]{16,}/gi)) {
    for (const skipped of [0, 1]) if (holdsBytes(Buffer.from(run.slice(skipped), 'hex'))) return run;
  }
  for (const [run] of folded.matchAll(/-?\d[\d.e+-]*(?:,-?\d[\d.e+-]*)+/g)) {
    const numbers = run.split(',').map(Number);
    if (holdsBytes(Buffer.from(numbers)) || holdsSamples(numbers)) return run;
  }
  return undefined;
}

function holdsBytes(bytes: Buffer): boolean {
  for (let start = 0; start + windowBytes <= bytes.length; start++) {
    if (!windowBeginnings.has(bytes.readUInt32LE(start))) continue;
    if (windows.has(bytes.toString('latin1', start, start + windowBytes))) return true;
  }
  return false;
}

function holdsSamples(numbers: readonly number[]): boolean {
  const scaled = numbers.map((number) => number * 32_768);
  const decoded = scaled.map((number) =>
    Math.abs(number - Math.round(number)) < 0.01 ? Math.round(number) : 0,
  );
  return [numbers, decoded].some((samples) =>
    samples.some((_, start) => triples.has(samples.slice(start, start + 3).join())),
  );
}
