/** An MPEG audio layer III frame header. */
export interface Mp3FrameHeader {
  readonly sampleRateHz: number;
  /** The whole frame, header included. */
  readonly byteLength: number;
  /** Offset of an info tag (`Xing` or `Info`) inside a frame that has one. */
  readonly infoTagOffset: number;
}

export const MP3_HEADER_BYTES = 4;

/** Rates of MPEG 1; MPEG 2 has half, MPEG 2.5 a quarter. */
const SAMPLE_RATES_HZ = [44_100, 48_000, 32_000];
const KBITS_MPEG1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBITS_MPEG2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const LAYER_III = 1;
const MONO = 3;

/**
 * The layer III header at `offset`, or undefined where there is none. Source: ISO/IEC 11172-3, section
 * 2.4.1.3, and 13818-3. Free-format frames (bit rate index 0) are not recognised.
 */
export function readMp3FrameHeader(bytes: Uint8Array, offset: number): Mp3FrameHeader | undefined {
  if (offset + MP3_HEADER_BYTES > bytes.length) return undefined;
  const [sync, flags, rates, mode] = [
    bytes[offset]!,
    bytes[offset + 1]!,
    bytes[offset + 2]!,
    bytes[offset + 3]!,
  ];
  const version = (flags >> 3) & 3;
  const isMpeg1 = version === 3;
  const kbits = (isMpeg1 ? KBITS_MPEG1 : KBITS_MPEG2)[rates >> 4];
  const baseRateHz = SAMPLE_RATES_HZ[(rates >> 2) & 3];
  if (sync !== 0xff || flags >> 5 !== 7 || version === 1 || ((flags >> 1) & 3) !== LAYER_III)
    return undefined;
  if (kbits === undefined || kbits === 0 || baseRateHz === undefined) return undefined;

  const sampleRateHz = baseRateHz / (isMpeg1 ? 1 : version === 2 ? 2 : 4);
  const padding = (rates >> 1) & 1;
  const slots = isMpeg1 ? 144 : 72;
  const isMono = mode >> 6 === MONO;
  const sideInfoBytes = isMpeg1 ? (isMono ? 17 : 32) : isMono ? 9 : 17;
  const checksumBytes = flags & 1 ? 0 : 2;
  return {
    sampleRateHz,
    byteLength: Math.floor((slots * kbits * 1000) / sampleRateHz) + padding,
    infoTagOffset: MP3_HEADER_BYTES + checksumBytes + sideInfoBytes,
  };
}
