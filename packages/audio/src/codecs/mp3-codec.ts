import { MPEGDecoder } from 'mpg123-decoder';
import { Mp3FrameCounter } from '../decoding/mp3-frame-counter.js';
import type { MonoBlock, StreamDecoder } from '../decoding/stream-decoder.js';
import { blocksFrom } from './library-output.js';

/** MPEG 1, 2 and 2.5 layer III; encoder delay and padding are removed where the stream declares them. */
export class Mp3Codec implements StreamDecoder {
  readonly #library = new MPEGDecoder();
  readonly #frames = new Mp3FrameCounter();

  async push(bytes: Uint8Array): Promise<MonoBlock[]> {
    await this.#library.ready;
    this.#frames.push(bytes);
    return blocksFrom(this.#library.decode(bytes), 'MP3');
  }

  async finish(complete: boolean): Promise<MonoBlock[]> {
    if (complete) this.#frames.finish();
    return [];
  }

  async close(): Promise<void> {
    await this.#library.ready;
    this.#library.free();
  }
}
