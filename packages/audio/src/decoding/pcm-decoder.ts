import { AudioError } from '../audio-error.js';
import { ByteQueue } from './byte-queue.js';
import { BYTES_PER_SAMPLE, monoFromPcm, type SampleEncoding } from './pcm-samples.js';
import type { MonoBlock, StreamDecoder } from './stream-decoder.js';
import { checkStreamFormat, type StreamFormat } from './stream-format.js';

/** Interleaved PCM without a header. */
export class PcmDecoder implements StreamDecoder {
  readonly #encoding: SampleEncoding;
  readonly #format: StreamFormat;
  readonly #frameBytes: number;
  readonly #queue = new ByteQueue();

  /** @throws {AudioError} BAD_SAMPLE_RATE or BAD_CHANNELS. */
  constructor(encoding: SampleEncoding, format: StreamFormat) {
    checkStreamFormat(format);
    this.#encoding = encoding;
    this.#format = format;
    this.#frameBytes = BYTES_PER_SAMPLE[encoding] * format.channels;
  }

  /** Length of the audio that so many bytes hold. */
  secondsOf(bytes: number): number {
    return bytes / this.#frameBytes / this.#format.sampleRateHz;
  }

  async push(bytes: Uint8Array): Promise<MonoBlock[]> {
    this.#queue.push(bytes);
    const whole = this.#queue.take(this.#queue.length - (this.#queue.length % this.#frameBytes));
    if (whole.length === 0) return [];
    const samples = monoFromPcm(whole, this.#encoding, this.#format.channels);
    return [{ sampleRateHz: this.#format.sampleRateHz, samples }];
  }

  async finish(complete: boolean): Promise<MonoBlock[]> {
    const rest = this.#queue.length;
    if (complete && rest > 0) {
      const message = `expected whole frames of ${this.#frameBytes} bytes, but the audio ends ${rest} bytes into one`;
      throw new AudioError('TRUNCATED', message, { frameBytes: this.#frameBytes, restBytes: rest });
    }
    return [];
  }

  async close(): Promise<void> {}
}
