import type { StreamFormat } from './stream-format.js';

/** What a FLAC stream declares about itself. */
export interface FlacStreamInfo extends StreamFormat {
  /** Samples of each channel; 0 where the writer did not know. */
  readonly totalSamples: number;
}

/** `fLaC`, the header of the first metadata block, and the block itself. */
const STREAM_INFO_END = 4 + 4 + 34;

/**
 * Reads STREAMINFO, which follows the mark `fLaC` at the start of a FLAC stream or of the first packet of Ogg
 * FLAC; undefined while it has not come whole. Source: RFC 9639, section 8.2.
 */
export function readFlacStreamInfo(head: Uint8Array): FlacStreamInfo | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const mark = bytes.indexOf('fLaC');
  if (mark < 0 || bytes.length < mark + STREAM_INFO_END) return undefined;
  // 20 bits of sample rate, 3 of channels - 1, 5 of bits - 1, 36 of total samples.
  const packed = bytes.readBigUInt64BE(mark + 8 + 10);
  return {
    sampleRateHz: Number(packed >> 44n),
    channels: Number((packed >> 41n) & 7n) + 1,
    totalSamples: Number(packed & ((1n << 36n) - 1n)),
  };
}
