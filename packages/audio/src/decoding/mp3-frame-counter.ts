import { AudioError } from '../audio-error.js';
import { ByteQueue } from './byte-queue.js';
import { MP3_HEADER_BYTES, type Mp3FrameHeader, readMp3FrameHeader } from './mp3-frames.js';

const ID3_HEADER_BYTES = 10;
/** No frame is longer: 320 kbit/s at 32 kHz, padded. */
const LONGEST_FRAME_BYTES = 1_441;

/**
 * Walks an MP3 stream from frame to frame, beside the decoder, which itself does not notice a missing end.
 * Bytes between frames (tags, padding) are passed over.
 */
export class Mp3FrameCounter {
  readonly #queue = new ByteQueue();
  #skipBytes = 0;
  #frames = 0;
  /** Of the first frame; a header of another rate is taken for other bytes. */
  #sampleRateHz: number | undefined;
  /** Frames after the info tag's own, as the tag declares. */
  #declaredFrames: number | undefined;

  push(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    while (this.#step(false)) {}
  }

  /**
   * @throws {AudioError} TRUNCATED where the last frame is cut or frames are missing that the info tag
   * declares.
   */
  finish(): void {
    while (this.#step(true)) {}
    const declared = this.#declaredFrames;
    if (this.#skipBytes > 0 || (declared !== undefined && this.#frames < declared)) {
      const of = declared === undefined ? '' : ` of ${declared}`;
      throw new AudioError('TRUNCATED', `the MP3 file ends inside or after frame ${this.#frames}${of}`);
    }
  }

  #step(atEnd: boolean): boolean {
    if (this.#skipBytes > 0) {
      const skipped = this.#queue.take(this.#skipBytes).length;
      this.#skipBytes -= skipped;
      return skipped > 0;
    }
    // At the end a short rest is read too, so that the last frame counts.
    const needed = atEnd ? MP3_HEADER_BYTES : Math.max(ID3_HEADER_BYTES, LONGEST_FRAME_BYTES);
    if (this.#queue.length < needed) return false;
    const head = this.#queue.peek(LONGEST_FRAME_BYTES);
    const header = readMp3FrameHeader(head, 0);
    const isFrame =
      header !== undefined && header.sampleRateHz === (this.#sampleRateHz ?? header.sampleRateHz);
    if (isFrame) this.#enterFrame(head, header);
    else this.#skipBytes = id3TagBytes(head) || 1;
    return true;
  }

  #enterFrame(head: Uint8Array, header: Mp3FrameHeader): void {
    const declared = this.#frames === 0 ? framesDeclaredBy(head, header) : undefined;
    if (declared === undefined) this.#frames++;
    else this.#declaredFrames ??= declared;
    this.#sampleRateHz = header.sampleRateHz;
    this.#skipBytes = header.byteLength;
  }
}

/** The number of frames that an info tag in this frame declares, or undefined without one. */
function framesDeclaredBy(head: Uint8Array, { infoTagOffset }: Mp3FrameHeader): number | undefined {
  const tag = Buffer.from(head.subarray(infoTagOffset, infoTagOffset + 12));
  const name = tag.toString('latin1', 0, 4);
  const hasFrames = tag.length === 12 && (tag.readUInt32BE(4) & 1) === 1;
  return (name === 'Xing' || name === 'Info') && hasFrames ? tag.readUInt32BE(8) : undefined;
}

/** Length of an ID3v2 tag that begins here, 0 where none does. */
export function id3TagBytes(head: Uint8Array): number {
  if (head.length < ID3_HEADER_BYTES || Buffer.from(head.subarray(0, 3)).toString('latin1') !== 'ID3')
    return 0;
  const body = head.subarray(6, ID3_HEADER_BYTES).reduce((size, byte) => (size << 7) | (byte & 0x7f), 0);
  const footer = head[5]! & 0x10 ? ID3_HEADER_BYTES : 0;
  return ID3_HEADER_BYTES + body + footer;
}
