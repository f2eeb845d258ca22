import type { MessageInitShape } from '@bufbuild/protobuf';
import { MeshError } from '@osum/mesh';
import { AudioEncoding, type AudioFormatSchema, type riva, rivaCommon } from '@osum/proto';
import { alaw, mulaw } from 'alawmulaw';
import type { Wish } from '../understanding.js';

const { AudioEncoding: RivaEncoding } = rivaCommon;

/** Keys of `custom_configuration` by which a Riva client asks for more than a transcript. */
export const wishKeys = { tags: 'osum.tags', instruction: 'osum.instruction' } as const;

/**
 * What a Riva configuration asks for: `osum.tags` or `osum.instruction` of its custom configuration; else a transcript, with
 * word times if it wants them.
 */
export function wishFromRiva(config: riva.RecognitionConfig): Wish {
  const tags = config.customConfiguration[wishKeys.tags];
  if (tags !== undefined) return { case: 'tags', value: tags };
  const instruction = config.customConfiguration[wishKeys.instruction];
  if (instruction !== undefined) return { case: 'instruction', value: instruction };
  return { case: 'tags', value: config.enableWordTimeOffsets ? '<asr><align>' : '<asr>' };
}

/** Audio as the router takes it: its format, and what turns each piece of the client's bytes into it. */
export interface RivaAudio {
  format?: MessageInitShape<typeof AudioFormatSchema>;
  convert(bytes: Uint8Array): Uint8Array;
}

/**
 * How to read a Riva client's audio. LINEAR_PCM may come with a WAV header or without; G.711 is expanded here.
 *
 * @param head the first bytes of the audio, which tell whether there is a header.
 */
export function audioFromRiva(config: riva.RecognitionConfig, head: Uint8Array): RivaAudio {
  const same = (bytes: Uint8Array) => bytes;
  const raw = {
    encoding: AudioEncoding.PCM_S16LE,
    sampleRateHz: config.sampleRateHertz,
    channels: config.audioChannelCount || 1,
  };
  switch (config.encoding) {
    case RivaEncoding.ENCODING_UNSPECIFIED:
      return { convert: same };
    case RivaEncoding.LINEAR_PCM:
      return hasRiffHeader(head) ? { convert: same } : { format: raw, convert: same };
    case RivaEncoding.FLAC:
      return { format: { encoding: AudioEncoding.FLAC }, convert: same };
    case RivaEncoding.OGGOPUS:
      return { format: { encoding: AudioEncoding.OGG_OPUS }, convert: same };
    case RivaEncoding.MULAW:
      return { format: raw, convert: (bytes) => samplesAsBytes(mulaw.decode(bytes)) };
    case RivaEncoding.ALAW:
      return { format: raw, convert: (bytes) => samplesAsBytes(alaw.decode(bytes)) };
    default:
      throw new MeshError(
        'badRequest',
        `audio encoding ${config.encoding} is not one of Riva's AudioEncoding`,
        {
          violations: [
            { field: 'config.encoding', description: 'expected a value of nvidia.riva.AudioEncoding' },
          ],
        },
      );
  }
}

function hasRiffHeader(head: Uint8Array): boolean {
  return head.length >= 4 && String.fromCharCode(...head.subarray(0, 4)) === 'RIFF';
}

function samplesAsBytes(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}
