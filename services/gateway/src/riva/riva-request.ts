import type { MessageInitShape } from '@bufbuild/protobuf';
import { badField } from '@osum/mesh';
import {
  AudioEncoding,
  type AudioFormatSchema,
  type LiveOptionsSchema,
  type riva,
  rivaCommon,
} from '@osum/proto';
import type { Wish } from '../understanding.js';
import { decodeALaw, decodeMuLaw } from './g711.js';

const { AudioEncoding: RivaEncoding } = rivaCommon;

/** Keys of `custom_configuration` by which a Riva client asks for more than a transcript. */
const wishKeys = { tags: 'osum.tags', instruction: 'osum.instruction' } as const;

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

/** Refuses what would change the meaning of the answer and is not done here; hints, such as favoured words, have no effect. */
export function refuseUnsupported(config: riva.RecognitionConfig): void {
  const unsupported: [boolean | undefined, string, string][] = [
    [config.diarizationConfig?.enableSpeakerDiarization, 'diarization_config', 'speakers are not told apart'],
    [
      config.enableSeparateRecognitionPerChannel && config.audioChannelCount > 1,
      'enable_separate_recognition_per_channel',
      'channels are mixed',
    ],
    [config.profanityFilter, 'profanity_filter', 'words are given as they are said'],
  ];
  for (const [asked, field, why] of unsupported) {
    if (asked) throw badField(`config.${field}`, `${why} here; leave it unset`);
  }
}

/** Audio as the router takes it: its format, and what turns each piece of the client's bytes into it. */
export interface RivaAudio {
  readonly format?: MessageInitShape<typeof AudioFormatSchema>;
  convert(bytes: Uint8Array): Uint8Array;
}

/** Bytes that tell a WAV header from samples. */
export const headBytes = 4;

/**
 * How to read a Riva client's audio. LINEAR_PCM may come with a WAV header or without; G.711 is expanded here.
 *
 * @param head the first `headBytes` of the audio or more, which tell whether there is a header.
 */
export function audioFromRiva(config: riva.RecognitionConfig, head: Uint8Array): RivaAudio {
  const same = (bytes: Uint8Array) => bytes;
  switch (config.encoding) {
    case RivaEncoding.ENCODING_UNSPECIFIED:
      return { convert: same };
    case RivaEncoding.LINEAR_PCM:
      return hasRiffHeader(head) ? { convert: same } : { format: rawFormat(config), convert: same };
    case RivaEncoding.FLAC:
      return { format: { encoding: AudioEncoding.FLAC }, convert: same };
    case RivaEncoding.OGGOPUS:
      return { format: { encoding: AudioEncoding.OGG_OPUS }, convert: same };
    case RivaEncoding.MULAW:
      return { format: rawFormat(config), convert: (bytes) => samplesAsBytes(decodeMuLaw(bytes)) };
    case RivaEncoding.ALAW:
      return { format: rawFormat(config), convert: (bytes) => samplesAsBytes(decodeALaw(bytes)) };
    default:
      throw badField(
        'config.encoding',
        `expected a value of nvidia.riva.AudioEncoding, got ${config.encoding}`,
      );
  }
}

/** Riva's `stop_history`, the silence that ends an utterance, as the mesh's. Unset fields leave the mesh's defaults. */
export function liveFromRiva(
  config: riva.RecognitionConfig,
  interimResults: boolean,
): MessageInitShape<typeof LiveOptionsSchema> {
  const stopHistoryMs = config.endpointingConfig?.stopHistory;
  return {
    ...(!interimResults && { partialInterval: { seconds: 0n, nanos: 0 } }),
    ...(stopHistoryMs !== undefined && { endSilence: durationFromMs(endSilenceMs(stopHistoryMs)) }),
  };
}

function endSilenceMs(stopHistoryMs: number): number {
  if (stopHistoryMs >= 100 && stopHistoryMs <= 5000) return stopHistoryMs;
  throw badField('config.endpointing_config.stop_history', `expected 100 to 5000 ms, got ${stopHistoryMs}`);
}

function durationFromMs(ms: number): { seconds: bigint; nanos: number } {
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
}

function rawFormat({ sampleRateHertz, audioChannelCount }: riva.RecognitionConfig) {
  if (sampleRateHertz <= 0) {
    throw badField(
      'config.sample_rate_hertz',
      `headerless audio needs its sample rate, such as 16000; got ${sampleRateHertz}`,
    );
  }
  if (audioChannelCount < 0) {
    throw badField('config.audio_channel_count', `expected 1 or more, got ${audioChannelCount}`);
  }
  return {
    encoding: AudioEncoding.PCM_S16LE,
    sampleRateHz: sampleRateHertz,
    channels: audioChannelCount || 1,
  };
}

function hasRiffHeader(head: Uint8Array): boolean {
  return String.fromCharCode(...head.subarray(0, headBytes)) === 'RIFF';
}

function samplesAsBytes(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}
