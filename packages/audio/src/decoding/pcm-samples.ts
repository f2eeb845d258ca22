/** How one PCM sample is stored, little-endian; 8-bit integers are unsigned with their zero at 128. */
export type SampleEncoding = 'u8' | 's16le' | 's24le' | 's32le' | 'f32le' | 'f64le' | 'alaw' | 'mulaw';

export const BYTES_PER_SAMPLE: Readonly<Record<SampleEncoding, number>> = {
  u8: 1,
  s16le: 2,
  s24le: 3,
  s32le: 4,
  f32le: 4,
  f64le: 8,
  alaw: 1,
  mulaw: 1,
};

type SampleReader = (view: DataView, byteOffset: number) => number;

const READERS: Readonly<Record<SampleEncoding, SampleReader>> = {
  u8: (view, at) => (view.getUint8(at) - 128) / 2 ** 7,
  s16le: (view, at) => view.getInt16(at, true) / 2 ** 15,
  s24le: (view, at) => (view.getUint16(at, true) | (view.getInt8(at + 2) << 16)) / 2 ** 23,
  s32le: (view, at) => view.getInt32(at, true) / 2 ** 31,
  f32le: (view, at) => view.getFloat32(at, true),
  f64le: (view, at) => view.getFloat64(at, true),
  alaw: (view, at) => linearFromALaw(view.getUint8(at)) / 2 ** 15,
  mulaw: (view, at) => linearFromMuLaw(view.getUint8(at)) / 2 ** 15,
};

/**
 * Interleaved PCM -> one channel, the arithmetic mean over channels in float32.
 * @param bytes whole frames of `channels` samples.
 */
export function monoFromPcm(bytes: Uint8Array, encoding: SampleEncoding, channels: number): Float32Array {
  const read = READERS[encoding];
  const sampleBytes = BYTES_PER_SAMPLE[encoding];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mono = new Float32Array(bytes.length / (sampleBytes * channels));
  for (let frame = 0, at = 0; frame < mono.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += sampleBytes) {
      sum = Math.fround(sum + Math.fround(read(view, at)));
    }
    mono[frame] = sum / channels;
  }
  return mono;
}

/** Separate channels of equal length -> one channel, the arithmetic mean in float32. */
export function monoFromChannels(channels: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array()] = channels;
  if (channels.length <= 1) return first;
  const mono = Float32Array.from(first);
  for (const channel of channels.slice(1)) {
    for (let i = 0; i < mono.length; i++) mono[i]! += channel[i]!;
  }
  return mono.map((sum) => sum / channels.length);
}

/** ITU-T G.711 A-law, to 16 bits. */
function linearFromALaw(code: number): number {
  const inverted = code ^ 0x55;
  const exponent = (inverted >> 4) & 7;
  const mantissa = ((inverted & 15) << 4) | 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa | 0x100) << (exponent - 1);
  return inverted & 0x80 ? magnitude : -magnitude;
}

/** ITU-T G.711 mu-law, to 16 bits. */
function linearFromMuLaw(code: number): number {
  const inverted = ~code & 0xff;
  const exponent = (inverted >> 4) & 7;
  const magnitude = ((((inverted & 15) << 3) | 0x84) << exponent) - 0x84;
  return inverted & 0x80 ? -magnitude : magnitude;
}
