import { AudioError } from '../audio-error.js';
import { ByteQueue } from './byte-queue.js';

const PAGE_HEADER_BYTES = 27;
const CAPTURE_PATTERN = 'OggS';
const END_OF_STREAM = 0x04;
const CHECKSUM_OFFSET = 22;
const SEGMENT_COUNT_OFFSET = 26;

/**
 * Cuts an Ogg stream into pages and checks their places and CRC-32, which the decoders pass over. Source: RFC
 * 3533, section 6.
 */
export class OggPages {
  readonly #queue = new ByteQueue();
  #pages = 0;
  #ended = false;

  /**
   * The whole pages that have come, as one stretch of bytes.
   * @throws {AudioError} CORRUPT where a page is not where the one before ends, or its checksum is wrong.
   */
  push(bytes: Uint8Array): Uint8Array {
    this.#queue.push(bytes);
    const pages: Uint8Array[] = [];
    for (let length = this.#pageBytes(); length <= this.#queue.length; length = this.#pageBytes()) {
      const page = this.#queue.take(length);
      this.#pages++;
      this.#ended = (page[5]! & END_OF_STREAM) !== 0;
      if (checksumOf(page) !== Buffer.from(page).readUInt32LE(CHECKSUM_OFFSET)) {
        throw new AudioError('CORRUPT', `page ${this.#pages} of the Ogg stream has a wrong checksum`);
      }
      pages.push(page);
    }
    return Buffer.concat(pages);
  }

  /** @throws {AudioError} TRUNCATED where the stream stops inside a page or before its last one. */
  finish(): void {
    if (this.#queue.length > 0 || !this.#ended) {
      throw new AudioError(
        'TRUNCATED',
        `the Ogg stream stops after page ${this.#pages} without its last page`,
      );
    }
  }

  /** Length of the page at the front; infinite while its header has not come. */
  #pageBytes(): number {
    const header = this.#queue.peek(PAGE_HEADER_BYTES + 255);
    const name = Buffer.from(header.subarray(0, 4)).toString('latin1');
    if (!CAPTURE_PATTERN.startsWith(name)) {
      throw new AudioError('CORRUPT', `expected an Ogg page after page ${this.#pages}, got other bytes`);
    }
    const segments = header[SEGMENT_COUNT_OFFSET];
    if (segments === undefined || header.length < PAGE_HEADER_BYTES + segments)
      return Number.POSITIVE_INFINITY;
    const lacing = header.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + segments);
    return lacing.reduce((length, bytes) => length + bytes, PAGE_HEADER_BYTES + segments);
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x80000000 ? 0x04c11db7 : 0);
  return crc;
});

/** Ogg's CRC-32: polynomial 0x04c11db7, not reflected, with the checksum field read as zero. */
function checksumOf(page: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < page.length; i++) {
    const byte = i >= CHECKSUM_OFFSET && i < CHECKSUM_OFFSET + 4 ? 0 : page[i]!;
    crc = (crc << 8) ^ CRC_TABLE[((crc >>> 24) ^ byte) & 0xff]!;
  }
  return crc >>> 0;
}
