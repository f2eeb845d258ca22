import { OggOpusDecoder } from 'ogg-opus-decoder';
import { OggPages } from '../decoding/ogg-pages.js';
import type { MonoBlock, StreamDecoder } from '../decoding/stream-decoder.js';
import { blocksFrom } from './library-output.js';

/** Opus in Ogg, decoded at 48 kHz. */
export class OpusCodec implements StreamDecoder {
  readonly #library = new OggOpusDecoder();
  readonly #pages = new OggPages();

  async push(bytes: Uint8Array): Promise<MonoBlock[]> {
    await this.#library.ready;
    return blocksFrom(await this.#library.decode(this.#pages.push(bytes)), 'Opus');
  }

  async finish(complete: boolean): Promise<MonoBlock[]> {
    if (complete) this.#pages.finish();
    return blocksFrom(await this.#library.flush(), 'Opus');
  }

  async close(): Promise<void> {
    await this.#library.ready;
    this.#library.free();
  }
}
