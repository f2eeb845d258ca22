import { MeshError } from '@osum/mesh';
import { MIN_SAMPLES, SAMPLE_RATE } from '@osum/nn';
import { PcmEncoding } from '@osum/proto';

/** PCM of one utterance and how long it took to come, from the first message to the last. */
export interface ReceivedPcm {
  readonly pcm: Float32Array;
  readonly transferSeconds: number;
}

/** Largest message of samples. */
const MAX_MESSAGE_BYTES = 512 * 1024;
/** Full scale of 16-bit samples. */
const S16_SCALE = 1 / 32768;

/**
 * Reads the samples of an utterance, 16 kHz mono.
 *
 * Throws INVALID_ARGUMENT for a message that is empty, too large or ends inside a sample, for a sample that is not a
 * finite number, and for fewer than 201 samples; OUT_OF_RANGE as soon as more than `maxSeconds` have come.
 */
export async function readPcm(
  messages: AsyncIterable<Uint8Array>,
  encoding: PcmEncoding,
  maxSeconds: number,
): Promise<ReceivedPcm> {
  const decode = decoderOf(encoding);
  const maxSamples = Math.floor(maxSeconds * SAMPLE_RATE);
  const pieces: Float32Array[] = [];
  let samples = 0;
  let beganMs = 0;
  for await (const bytes of messages) {
    if (pieces.length === 0) beganMs = performance.now();
    const piece = decode(bytes);
    requireFinite(piece, samples);
    pieces.push(piece);
    samples += piece.length;
    if (samples > maxSamples) throw tooLong(maxSeconds);
  }
  requireEnough(samples);
  return { pcm: joined(pieces, samples), transferSeconds: (performance.now() - beganMs) / 1000 };
}

/** The samples of an utterance that came at once, as whole 32-bit floats. Throws as `readPcm` does. */
export function checkedPcm(bytes: Uint8Array, maxSeconds: number): Float32Array {
  const pcm = new Float32Array(new Uint8Array(bytes).buffer);
  if (pcm.length > Math.floor(maxSeconds * SAMPLE_RATE)) throw tooLong(maxSeconds);
  requireEnough(pcm.length);
  requireFinite(pcm, 0);
  return pcm;
}

function decoderOf(encoding: PcmEncoding): (bytes: Uint8Array) => Float32Array {
  switch (encoding) {
    case PcmEncoding.UNSPECIFIED:
    case PcmEncoding.F32LE:
      return (bytes) => new Float32Array(wholeSamples(bytes, Float32Array.BYTES_PER_ELEMENT));
    case PcmEncoding.S16LE:
      return (bytes) =>
        Float32Array.from(
          new Int16Array(wholeSamples(bytes, Int16Array.BYTES_PER_ELEMENT)),
          (s) => s * S16_SCALE,
        );
    default:
      throw new MeshError(
        'badRequest',
        `config.encoding: expected F32LE or S16LE, got the unknown value ${encoding}.`,
        {
          violations: [
            { field: 'config.encoding', description: 'expected PCM_ENCODING_F32LE or PCM_ENCODING_S16LE' },
          ],
        },
      );
  }
}

/** The bytes of whole samples, aligned for a typed array. */
function wholeSamples(bytes: Uint8Array, sampleBytes: number): ArrayBuffer {
  const { byteLength } = bytes;
  if (byteLength === 0 || byteLength > MAX_MESSAGE_BYTES || byteLength % sampleBytes !== 0) {
    throw new MeshError(
      'badAudio',
      `Expected 1 to ${MAX_MESSAGE_BYTES} bytes of whole ${sampleBytes}-byte samples in a message, got ${byteLength} bytes.`,
    );
  }
  // Not slice: of a Buffer it shares the memory of the whole connection.
  return new Uint8Array(bytes).buffer;
}

function requireFinite(samples: Float32Array, before: number): void {
  let at = 0;
  while (at < samples.length && Number.isFinite(samples[at])) at += 1;
  if (at === samples.length) return;
  throw new MeshError(
    'badAudio',
    `Sample ${before + at} is ${samples[at]}; expected finite numbers, nominally from -1 to 1.`,
    { facts: { sample: String(before + at) } },
  );
}

function requireEnough(samples: number): void {
  if (samples >= MIN_SAMPLES) return;
  throw new MeshError(
    'badAudio',
    `Expected at least ${MIN_SAMPLES} samples at ${SAMPLE_RATE} Hz (12.6 ms), got ${samples}; send longer audio.`,
    { facts: { minSamples: String(MIN_SAMPLES) } },
  );
}

function tooLong(maxSeconds: number): MeshError {
  return new MeshError(
    'tooLong',
    `The audio is longer than the ${maxSeconds} s that one utterance may have; split it at pauses.`,
    { facts: { limitSeconds: String(maxSeconds) } },
  );
}

function joined(pieces: readonly Float32Array[], samples: number): Float32Array {
  if (pieces.length === 1) return pieces[0]!;
  const all = new Float32Array(samples);
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}
