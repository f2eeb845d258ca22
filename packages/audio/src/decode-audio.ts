import { setImmediate as nextTurn } from 'node:timers/promises';
import { abortable } from './abortable.js';
import { AudioError } from './audio-error.js';
import { PcmDecoder } from './decoding/pcm-decoder.js';
import { type Sniffed, sniff } from './decoding/sniff.js';
import type { MonoBlock, StreamDecoder } from './decoding/stream-decoder.js';
import { WavDecoder } from './decoding/wav-decoder.js';
import { createResampler, type Resampler } from './resampler.js';
import { TARGET_SAMPLE_RATE_HZ } from './sample-rate.js';
import type { AudioThread } from './thread/audio-thread.js';

/** The spectrogram reflects 200 samples at each edge, for which it needs one more. */
export const MINIMUM_SAMPLES = 201;

/** How the bytes are encoded: recognised by their beginning, or raw interleaved PCM as declared. */
export type AudioFormat =
  | { readonly encoding: 'auto' }
  | { readonly encoding: 's16le' | 'f32le'; readonly sampleRateHz: number; readonly channels: number };

export interface DecodeOptions {
  /** Where compressed formats are decoded. */
  readonly thread: AudioThread;
  /** Default: recognised by the first bytes (WAV, FLAC, Ogg FLAC, Ogg Opus, MP3). */
  readonly format?: AudioFormat;
  /**
   * Longer audio is refused with TOO_LONG: at once where the header of a `complete` stream declares it (WAV, FLAC), else when
   * the limit is passed. Default: no limit.
   */
  readonly maxSeconds?: number;
  /**
   * `complete` (default): a missing end is TRUNCATED. `may-stop`: live audio that ends wherever it was
   * stopped.
   */
  readonly ending?: 'complete' | 'may-stop';
  readonly signal?: AbortSignal;
}

/** Uncompressed bytes are decoded in pieces of this size, so that other work gets its turn. */
const PIECE_BYTES = 65_536;
/** Compressed silence can grow ten-thousandfold; small pieces bound what one call returns. */
const COMPRESSED_PIECE_BYTES = 4_096;

/**
 * Decodes a stream into the model's input: one channel (the arithmetic mean) at 16 kHz, in chunks of any
 * length. Memory does not grow with the length of the audio.
 * @throws {AudioError} as soon as the audio proves unusable; what was decoded before has been passed on by
 * then.
 */
export async function* decodeAudio(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: DecodeOptions,
): AsyncGenerator<Float32Array> {
  const { ending = 'complete', maxSeconds = Number.POSITIVE_INFINITY, signal } = options;
  const source = new DecoderSource(options);
  const output = new TargetRate(maxSeconds);
  try {
    for await (const chunk of abortable(chunks, signal)) {
      for await (const blocks of source.push(chunk)) {
        signal?.throwIfAborted();
        yield* output.push(blocks);
      }
    }
    for await (const blocks of source.finish(ending === 'complete')) yield* output.push(blocks);
    yield* output.finish();
  } finally {
    await source.close();
  }
}

/** Chooses the decoder once enough bytes have come, and feeds it. */
class DecoderSource {
  readonly #options: DecodeOptions;
  #head: Uint8Array = new Uint8Array();
  #decoder: StreamDecoder | undefined;
  #pieceBytes = PIECE_BYTES;

  constructor(options: DecodeOptions) {
    this.#options = options;
    const { format } = options;
    if (format !== undefined && format.encoding !== 'auto')
      this.#decoder = new PcmDecoder(format.encoding, format);
  }

  async *push(chunk: Uint8Array): AsyncGenerator<MonoBlock[]> {
    if (this.#decoder !== undefined) {
      yield* this.#decode(this.#decoder, chunk);
      return;
    }
    this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    yield* this.#openBy(sniff(this.#head, false));
  }

  async *finish(complete: boolean): AsyncGenerator<MonoBlock[]> {
    if (this.#decoder === undefined) {
      if (this.#head.length === 0) throw new AudioError('EMPTY', 'expected audio, got no bytes');
      yield* this.#openBy(sniff(this.#head, true));
    }
    yield await this.#decoder!.finish(complete);
  }

  async close(): Promise<void> {
    await this.#decoder?.close();
  }

  async *#openBy(sniffed: Sniffed): AsyncGenerator<MonoBlock[]> {
    const known = 'send WAV, FLAC, MP3 or Ogg Opus, or declare raw PCM';
    if (sniffed.kind === 'more') return;
    if (sniffed.kind === 'unknown') {
      throw new AudioError('UNKNOWN_FORMAT', `the first bytes belong to no known audio format; ${known}`);
    }
    if (sniffed.kind === 'unsupported') {
      throw new AudioError('UNSUPPORTED', `${sniffed.name} is not decoded; ${known}`, {
        format: sniffed.name,
      });
    }
    const { ending = 'complete', maxSeconds = Number.POSITIVE_INFINITY } = this.#options;
    const declarable = ending === 'complete' ? maxSeconds : Number.POSITIVE_INFINITY;
    if (sniffed.container === 'wav') {
      this.#decoder = new WavDecoder(declarable);
    } else {
      this.#decoder = await this.#options.thread.openDecoder(sniffed.container, declarable);
      this.#pieceBytes = COMPRESSED_PIECE_BYTES;
    }
    const head = this.#head;
    this.#head = new Uint8Array();
    yield* this.#decode(this.#decoder, head);
  }

  async *#decode(decoder: StreamDecoder, bytes: Uint8Array): AsyncGenerator<MonoBlock[]> {
    for (let start = 0; start < bytes.length; start += this.#pieceBytes) {
      if (start > 0) await nextTurn();
      yield await decoder.push(bytes.subarray(start, start + this.#pieceBytes));
    }
  }
}

/** Resamples decoded blocks to 16 kHz and checks what comes out. */
class TargetRate {
  readonly #maxSeconds: number;
  #sampleRateHz: number | undefined;
  #resampler: Resampler | undefined;
  #inputSamples = 0;
  #samples = 0;

  constructor(maxSeconds: number) {
    this.#maxSeconds = maxSeconds;
  }

  *push(blocks: readonly MonoBlock[]): Generator<Float32Array> {
    for (const { sampleRateHz, samples } of blocks) {
      this.#sampleRateHz ??= sampleRateHz;
      this.#resampler ??= createResampler(sampleRateHz);
      if (sampleRateHz !== this.#sampleRateHz) {
        const message = `the sample rate changes from ${this.#sampleRateHz} to ${sampleRateHz} Hz inside of the stream`;
        throw new AudioError('UNSUPPORTED', message, { from: this.#sampleRateHz, to: sampleRateHz });
      }
      checkFinite(samples);
      this.#inputSamples += samples.length;
      if (this.#inputSamples > this.#maxSeconds * sampleRateHz) {
        const message = `expected at most ${this.#maxSeconds} s of audio (the configured limit), got more`;
        throw new AudioError('TOO_LONG', message, { maxSeconds: this.#maxSeconds });
      }
      yield* this.#pass(this.#resampler.push(samples));
    }
  }

  *finish(): Generator<Float32Array> {
    if (this.#resampler !== undefined) yield* this.#pass(this.#resampler.finish());
    if (this.#samples === 0) throw new AudioError('EMPTY', 'expected audio, got a stream without samples');
    if (this.#samples < MINIMUM_SAMPLES) {
      const expected = `expected at least ${MINIMUM_SAMPLES} samples at ${TARGET_SAMPLE_RATE_HZ} Hz`;
      throw new AudioError('TOO_SHORT', `${expected}, got ${this.#samples}`, { samples: this.#samples });
    }
  }

  *#pass(samples: Float32Array): Generator<Float32Array> {
    this.#samples += samples.length;
    if (samples.length > 0) yield samples;
  }
}

function checkFinite(samples: Float32Array): void {
  const index = samples.findIndex((sample) => !Number.isFinite(sample));
  if (index >= 0) {
    throw new AudioError('NON_FINITE', `expected finite samples, got ${samples[index]}`, {
      value: String(samples[index]),
    });
  }
}
