import { AudioError, type AudioErrorCode } from '@osum/audio';
import { MeshError, type StatusKind } from '@osum/mesh';
import { TagError } from '@osum/text';

const audioKinds: Partial<Record<AudioErrorCode, StatusKind>> = {
  TOO_LONG: 'tooLong',
  BAD_SAMPLE_RATE: 'badRequest',
  BAD_CHANNELS: 'badRequest',
};
const audioFields: Partial<Record<AudioErrorCode, string>> = {
  BAD_SAMPLE_RATE: 'config.format.sample_rate_hz',
  BAD_CHANNELS: 'config.format.channels',
};

/** Errors of the audio and text packages as rows of the status table. */
export function routerStatus(error: unknown): MeshError | undefined {
  if (error instanceof AudioError) {
    const { code, message } = error;
    const field = audioFields[code] ?? 'audio';
    const facts = Object.fromEntries(
      Object.entries(error.details).map(([name, value]) => [name, String(value)]),
    );
    const violations = [{ field, description: message }];
    return new MeshError(audioKinds[code] ?? 'badAudio', `The audio cannot be used: ${message}.`, {
      facts: { ...facts, audioError: code },
      violations,
    });
  }
  if (error instanceof TagError) {
    const violations = [{ field: 'config.tags', description: error.message }];
    return new MeshError('unknownTag', error.message, { facts: error.details, violations });
  }
  return undefined;
}
