import { concatSamples } from '../collect.js';

/** The recent past of a stream, addressed by absolute sample index. */
export class SampleWindow {
  readonly #chunks: Float32Array[] = [];
  #start = 0;
  #end = 0;

  /** One past the last sample. */
  get end(): number {
    return this.#end;
  }

  append(samples: Float32Array): void {
    if (samples.length > 0) this.#chunks.push(samples);
    this.#end += samples.length;
  }

  /** A copy of the samples from `start` to `end`, as far as they are held. */
  slice(start: number, end: number): Float32Array {
    const parts: Float32Array[] = [];
    let chunkStart = this.#start;
    for (const chunk of this.#chunks) {
      const from = Math.max(start - chunkStart, 0);
      const to = Math.min(end - chunkStart, chunk.length);
      if (from < to) parts.push(chunk.subarray(from, to));
      chunkStart += chunk.length;
    }
    return concatSamples(parts);
  }

  /** Lets go of whole chunks before `start`. */
  dropBefore(start: number): void {
    for (let first = this.#chunks[0]; first !== undefined; first = this.#chunks[0]) {
      if (this.#start + first.length > start) return;
      this.#chunks.shift();
      this.#start += first.length;
    }
  }
}
