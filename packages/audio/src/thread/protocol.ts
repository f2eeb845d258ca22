import type { AudioErrorCode, AudioErrorDetails } from '../audio-error.js';
import type { Container } from '../decoding/sniff.js';
import type { MonoBlock } from '../decoding/stream-decoder.js';

/** Formats that are decoded in the audio thread. */
export type ThreadCodec = Exclude<Container, 'wav'>;

/**
 * What the audio thread can be asked for, by method: parameters and result. A session belongs to the stream
 * that opened it.
 */
export interface ThreadMethods {
  /** A stream that declares more than `maxSeconds` is refused. */
  openDecoder: { params: { codec: ThreadCodec; maxSeconds: number }; result: number };
  decode: { params: { session: number; bytes: Uint8Array }; result: MonoBlock[] };
  finishDecoder: { params: { session: number; complete: boolean }; result: MonoBlock[] };
  closeDecoder: { params: { session: number }; result: undefined };
  openVoice: { params: Record<string, never>; result: number };
  /** Samples at 16 kHz, whole frames -> the probability of speech in each frame. */
  voice: { params: { session: number; samples: Float32Array }; result: Float32Array };
  closeVoice: { params: { session: number }; result: undefined };
}

export type ThreadMethod = keyof ThreadMethods;

export type ThreadRequest = {
  readonly [M in ThreadMethod]: {
    readonly id: number;
    readonly method: M;
    readonly params: ThreadMethods[M]['params'];
  };
}[ThreadMethod];

/** An AudioError where it has a code, otherwise a failure of the thread itself. */
export interface ThreadFailure {
  readonly message: string;
  readonly code?: AudioErrorCode;
  readonly details?: AudioErrorDetails;
}

export type ThreadResponse =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: ThreadFailure };
