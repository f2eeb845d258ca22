import { type FLACDecodedAudio, FLACDecoder } from '@wasm-audio-decoders/flac';
import { AudioError } from '../audio-error.js';
import { checkDeclaredLength } from '../decoding/declared-length.js';
import { type FlacStreamInfo, readFlacStreamInfo } from '../decoding/flac-stream-info.js';
import { OggPages } from '../decoding/ogg-pages.js';
import type { MonoBlock, StreamDecoder } from '../decoding/stream-decoder.js';
import { checkStreamFormat } from '../decoding/stream-format.js';
import { blocksFrom } from './library-output.js';

/** STREAMINFO ends well within so many bytes, in plain and in Ogg FLAC. */
const HEAD_BYTES = 512;

/**
 * The library reads so many bytes to find the header of the next frame. At the end of a stream it takes the frame
 * before the last one and a shorter last one, such as one of digital silence, for one frame, and loses the last.
 */
const LONGEST_HEADER_BYTES = 17;

/** FLAC, plain or in Ogg. The library passes over damage, so lost samples are found by counting. */
export class FlacCodec implements StreamDecoder {
  readonly #library = new FLACDecoder();
  readonly #pages: OggPages | undefined;
  #head = new Uint8Array();
  #info: FlacStreamInfo | undefined;
  #decodedSamples = 0;

  /** @param maxSeconds a stream that declares more is refused. */
  constructor(
    isOgg: boolean,
    private readonly maxSeconds: number,
  ) {
    this.#pages = isOgg ? new OggPages() : undefined;
  }

  async push(bytes: Uint8Array): Promise<MonoBlock[]> {
    await this.#library.ready;
    const pages = this.#pages?.push(bytes) ?? bytes;
    if (pages.length === 0) return [];
    if (this.#info === undefined) this.#readHead(pages);
    return this.#took(await this.#library.decode(pages));
  }

  async finish(complete: boolean): Promise<MonoBlock[]> {
    if (this.#info === undefined) throw new AudioError('TRUNCATED', 'the FLAC stream ends inside its header');
    if (complete) this.#pages?.finish();
    // Zeros behind a frame keep its checksum at zero, so that the library takes them for a part of it.
    const blocks = this.#pages === undefined ? await this.push(new Uint8Array(LONGEST_HEADER_BYTES)) : [];
    const output = await this.#library.flush();
    const { totalSamples } = this.#info;
    const decodedSamples = this.#decodedSamples + output.samplesDecoded;
    if (complete && decodedSamples < totalSamples) {
      const message = `the FLAC stream declares ${totalSamples} samples, but only ${decodedSamples} came; it is cut off or damaged`;
      throw new AudioError('TRUNCATED', message, { totalSamples, decodedSamples });
    }
    return [...blocks, ...this.#took(complete ? output : { ...output, errors: [] })];
  }

  async close(): Promise<void> {
    await this.#library.ready;
    this.#library.free();
  }

  #readHead(bytes: Uint8Array): void {
    this.#head = Buffer.concat([this.#head, bytes]);
    this.#info = readFlacStreamInfo(this.#head);
    if (this.#info !== undefined) {
      checkStreamFormat(this.#info);
      checkDeclaredLength(this.#info.totalSamples / this.#info.sampleRateHz, this.maxSeconds);
    } else if (this.#head.length > HEAD_BYTES) {
      throw new AudioError('CORRUPT', 'the FLAC stream has no STREAMINFO block');
    }
  }

  #took(output: FLACDecodedAudio): MonoBlock[] {
    this.#decodedSamples += output.samplesDecoded;
    return blocksFrom(
      { ...output, channelData: output.channelData.map((channel) => rescaled(channel, output.bitDepth)) },
      'FLAC',
    );
  }
}

/** The library divides by the greatest integer, 2^(bits-1) - 1; full scale is 2^(bits-1). */
function rescaled(channel: Float32Array, bits: number): Float32Array {
  const fullScale = 2 ** (bits - 1);
  return channel.map((sample) => Math.round(sample * (fullScale - 1)) / fullScale);
}
