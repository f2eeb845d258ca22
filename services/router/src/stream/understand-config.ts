import type { AudioFormat as DecodeFormat } from '@osum/audio';
import { badField, MeshError } from '@osum/mesh';
import type { Manifest } from '@osum/nn';
import {
  AudioEncoding,
  type AudioFormat,
  type GenerationOptions,
  type LiveOptions,
  type UnderstandConfig,
} from '@osum/proto';

/** How a live stream is answered, in seconds. */
export interface LiveSettings {
  /** Silence that closes an utterance. */
  readonly endSilenceSeconds: number;
  /** Between partial results; Infinity for none. */
  readonly partialIntervalSeconds: number;
}

/** A checked configuration of Understand. */
export interface UnderstandSettings {
  readonly format: DecodeFormat;
  /** Undefined for a recording. */
  readonly live: LiveSettings | undefined;
  readonly generation: GenerationOptions | undefined;
  readonly wish: Exclude<UnderstandConfig['wish'], { case: undefined }>;
}

const defaultEndSilenceSeconds = 0.5;
const defaultPartialIntervalSeconds = 1;

/** Checks the configuration. Throws INVALID_ARGUMENT naming the field, or NOT_FOUND for a model that is not served here. */
export function checkedSettings(config: UnderstandConfig, manifest: Manifest): UnderstandSettings {
  requireServedModel(config.model, manifest);
  const { wish, generation } = config;
  if (wish.case === undefined) throw badField('config.wish', 'expected an instruction or tags, got neither');
  if (generation !== undefined) checkGeneration(generation, manifest);
  const live = config.live === undefined ? undefined : liveSettings(config.live);
  return { format: decodeFormat(config.format), live, generation, wish };
}

/** Throws NOT_FOUND unless `model` is empty or the package served here. */
export function requireServedModel(model: string, { name }: Manifest): void {
  if (model === '' || model === name) return;
  throw new MeshError('unknownModel', `The model "${model}" is not served here; "${name}" is.`, {
    facts: { served: name },
  });
}

function checkGeneration(
  { maxNewTokens, repetitionPenalty, sampling }: GenerationOptions,
  manifest: Manifest,
): void {
  const most = manifest.generation.maxNewTokens;
  if (maxNewTokens !== undefined && (maxNewTokens < 1 || maxNewTokens > most)) {
    throw badField('config.generation.max_new_tokens', `expected 1 to ${most}, got ${maxNewTokens}`);
  }
  if (repetitionPenalty !== undefined && !(repetitionPenalty >= 1 && repetitionPenalty <= 2)) {
    throw badField('config.generation.repetition_penalty', `expected 1 to 2, got ${repetitionPenalty}`);
  }
  if (sampling !== undefined && !(sampling.temperature > 0 && sampling.temperature <= 2)) {
    throw badField(
      'config.generation.sampling.temperature',
      `expected above 0, at most 2, got ${sampling.temperature}`,
    );
  }
}

function liveSettings({ endSilence, partialInterval }: LiveOptions): LiveSettings {
  const endSilenceSeconds = seconds(endSilence) ?? defaultEndSilenceSeconds;
  if (!(endSilenceSeconds >= 0.1 && endSilenceSeconds <= 5)) {
    throw badField('config.live.end_silence', `expected 0.1 to 5 s, got ${endSilenceSeconds} s`);
  }
  const interval = seconds(partialInterval) ?? defaultPartialIntervalSeconds;
  if (interval !== 0 && !(interval >= 0.2 && interval <= 30)) {
    throw badField('config.live.partial_interval', `expected 0, or 0.2 to 30 s, got ${interval} s`);
  }
  return { endSilenceSeconds, partialIntervalSeconds: interval === 0 ? Number.POSITIVE_INFINITY : interval };
}

function seconds(duration: { seconds: bigint; nanos: number } | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.seconds) + duration.nanos / 1e9;
}

const rawEncodings = new Map<AudioEncoding, 's16le' | 'f32le'>([
  [AudioEncoding.PCM_S16LE, 's16le'],
  [AudioEncoding.PCM_F32LE, 'f32le'],
]);

// Containers are recognised by their first bytes, whichever of them the caller names; a wrong name does no harm.
function decodeFormat(format: AudioFormat | undefined): DecodeFormat {
  const raw = rawEncodings.get(format?.encoding ?? AudioEncoding.UNSPECIFIED);
  if (format === undefined || raw === undefined) return { encoding: 'auto' };
  return {
    encoding: raw,
    sampleRateHz: format.sampleRateHz,
    channels: format.channels === 0 ? 1 : format.channels,
  };
}
