/** Why audio is refused. */
export type AudioErrorCode =
  /** No samples at all. */
  | 'EMPTY'
  /** Fewer samples than the spectrogram's reflected edge needs. */
  | 'TOO_SHORT'
  /** Longer than the configured limit. */
  | 'TOO_LONG'
  /** A sample that is NaN or infinite. */
  | 'NON_FINITE'
  /** A sample rate of 0, or outside of what audio has. */
  | 'BAD_SAMPLE_RATE'
  /** No channels, or more than any recording has. */
  | 'BAD_CHANNELS'
  /** The first bytes belong to no audio format. */
  | 'UNKNOWN_FORMAT'
  /** A known format or codec that is not decoded here. */
  | 'UNSUPPORTED'
  /** The end is missing. */
  | 'TRUNCATED'
  /** Bytes that the format does not allow. */
  | 'CORRUPT';

/** Numbers and words of the message, for a caller that builds its own. */
export type AudioErrorDetails = Readonly<Record<string, string | number>>;

/** Audio that cannot be used. The message says what was expected and what came, in words for the sender. */
export class AudioError extends Error {
  constructor(
    readonly code: AudioErrorCode,
    message: string,
    readonly details: AudioErrorDetails = {},
  ) {
    super(message);
    this.name = 'AudioError';
  }
}
