import { AudioError } from '../audio-error.js';
import { ByteQueue } from './byte-queue.js';
import { checkDeclaredLength } from './declared-length.js';
import { PcmDecoder } from './pcm-decoder.js';
import type { SampleEncoding } from './pcm-samples.js';
import type { MonoBlock, StreamDecoder } from './stream-decoder.js';

const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const SMALLEST_FORMAT_BYTES = 16;
const EXTENSIBLE = 0xfffe;
/** Where a format chunk of the extensible kind names its real codec. */
const SUBFORMAT_OFFSET = 24;
/** Writers that do not know the length beforehand leave a size near the maximum. */
const UNKNOWN_SIZE_FROM = 0x7fff0000;

/** WAVE format tags by name, for the message about a codec that is not decoded. */
const CODEC_NAMES: Readonly<Record<number, string>> = {
  1: 'PCM',
  2: 'Microsoft ADPCM',
  3: 'float',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG',
  85: 'MP3',
};

/** A RIFF WAVE stream (also RF64): PCM of 8, 16, 24 and 32 bits, float of 32 and 64 bits, A-law, mu-law. */
export class WavDecoder implements StreamDecoder {
  readonly #queue = new ByteQueue();
  #sawRiff = false;
  #riffIsOpenEnded = false;
  /** Size of the data chunk by the RF64 size table. */
  #longDataBytes: number | undefined;
  /** Bytes still to pass over in a chunk of no interest. */
  #skipBytes = 0;
  #samples: PcmDecoder | undefined;
  /**
   * Bytes of the data chunk that have not come yet; undefined before the chunk, infinite without a declared
   * size.
   */
  #dataBytesLeft: number | undefined;

  /** @param maxSeconds a file that declares more is refused. Default: no limit. */
  constructor(private readonly maxSeconds = Number.POSITIVE_INFINITY) {}

  async push(bytes: Uint8Array): Promise<MonoBlock[]> {
    this.#queue.push(bytes);
    while (this.#dataBytesLeft === undefined && this.#readHeaderPart()) {}
    if (this.#dataBytesLeft === undefined) return [];
    const data = this.#queue.take(Math.min(this.#queue.length, this.#dataBytesLeft));
    this.#dataBytesLeft -= data.length;
    if (this.#dataBytesLeft === 0) this.#queue.take(this.#queue.length);
    return this.#samples!.push(data);
  }

  async finish(complete: boolean): Promise<MonoBlock[]> {
    if (this.#dataBytesLeft === undefined) {
      throw new AudioError('TRUNCATED', 'the WAV file ends before its data chunk');
    }
    const missing = this.#dataBytesLeft;
    if (complete && missing > 0 && missing !== Number.POSITIVE_INFINITY) {
      throw new AudioError(
        'TRUNCATED',
        `the WAV file ends ${missing} bytes before the end of its data chunk`,
        {
          missingBytes: missing,
        },
      );
    }
    return this.#samples!.finish(complete);
  }

  async close(): Promise<void> {}

  /** Reads the next part of the header if enough of it has come. */
  #readHeaderPart(): boolean {
    if (this.#skipBytes > 0) {
      const skipped = this.#queue.take(Math.min(this.#skipBytes, this.#queue.length)).length;
      this.#skipBytes -= skipped;
      return skipped > 0;
    }
    return this.#sawRiff ? this.#readChunk() : this.#readRiff();
  }

  #readRiff(): boolean {
    if (this.#queue.length < RIFF_HEADER_BYTES) return false;
    const riffBytes = viewOf(this.#queue.take(RIFF_HEADER_BYTES)).getUint32(4, true);
    this.#riffIsOpenEnded = riffBytes === 0 || riffBytes >= UNKNOWN_SIZE_FROM;
    this.#sawRiff = true;
    return true;
  }

  #readChunk(): boolean {
    if (this.#queue.length < CHUNK_HEADER_BYTES) return false;
    const header = this.#queue.peek(CHUNK_HEADER_BYTES);
    const name = Buffer.from(header.subarray(0, 4)).toString('latin1');
    const byteLength = viewOf(header).getUint32(4, true);
    if (name === 'data') return this.#openData(byteLength);

    const isRead = name === 'fmt ' || name === 'ds64';
    const readBytes = isRead ? Math.min(byteLength, 64) : 0;
    if (this.#queue.length < CHUNK_HEADER_BYTES + readBytes) return false;
    this.#queue.take(CHUNK_HEADER_BYTES);
    const body = viewOf(this.#queue.take(readBytes));
    if (name === 'fmt ') this.#samples = pcmDecoderFrom(body);
    if (name === 'ds64' && readBytes >= 16) this.#longDataBytes = Number(body.getBigUint64(8, true));
    // Chunks begin at even offsets.
    this.#skipBytes = byteLength + (byteLength % 2) - readBytes;
    return true;
  }

  #openData(declaredBytes: number): boolean {
    if (this.#samples === undefined) {
      throw new AudioError(
        'CORRUPT',
        'expected a format chunk before the data chunk of the WAV file, got none',
      );
    }
    this.#queue.take(CHUNK_HEADER_BYTES);
    const isOpenEnded = declaredBytes >= UNKNOWN_SIZE_FROM || (declaredBytes === 0 && this.#riffIsOpenEnded);
    this.#dataBytesLeft = isOpenEnded ? (this.#longDataBytes ?? Number.POSITIVE_INFINITY) : declaredBytes;
    if (this.#dataBytesLeft !== Number.POSITIVE_INFINITY) {
      checkDeclaredLength(this.#samples.secondsOf(this.#dataBytesLeft), this.maxSeconds);
    }
    return true;
  }
}

function pcmDecoderFrom(format: DataView): PcmDecoder {
  if (format.byteLength < SMALLEST_FORMAT_BYTES) {
    const message = `expected a WAV format chunk of ${SMALLEST_FORMAT_BYTES} bytes or more, got ${format.byteLength}`;
    throw new AudioError('CORRUPT', message);
  }
  const tag = format.getUint16(0, true);
  const isExtensible = tag === EXTENSIBLE && format.byteLength >= SUBFORMAT_OFFSET + 2;
  const codec = isExtensible ? format.getUint16(SUBFORMAT_OFFSET, true) : tag;
  const channels = format.getUint16(2, true);
  const sampleRateHz = format.getUint32(4, true);
  const frameBytes = format.getUint16(12, true);
  const bits = format.getUint16(14, true);
  const encoding = encodingOf(codec, bits);
  const decoder = new PcmDecoder(encoding, { sampleRateHz, channels });
  if (frameBytes !== (channels * bits) / 8) {
    const message = `the WAV file says ${frameBytes} bytes a frame, but ${channels} channels of ${bits} bits make ${(channels * bits) / 8}`;
    throw new AudioError('CORRUPT', message);
  }
  return decoder;
}

function encodingOf(codec: number, bits: number): SampleEncoding {
  const encodings: Readonly<Record<string, SampleEncoding>> = {
    '1/8': 'u8',
    '1/16': 's16le',
    '1/24': 's24le',
    '1/32': 's32le',
    '3/32': 'f32le',
    '3/64': 'f64le',
    '6/8': 'alaw',
    '7/8': 'mulaw',
  };
  const encoding = encodings[`${codec}/${bits}`];
  if (encoding !== undefined) return encoding;
  const name = CODEC_NAMES[codec] ?? `format tag ${codec}`;
  const known = 'PCM of 8, 16, 24 or 32 bits, float of 32 or 64 bits, A-law and mu-law';
  throw new AudioError(
    'UNSUPPORTED',
    `WAV files with ${name} of ${bits} bits are not decoded; send ${known}`,
    { codec, bits },
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
