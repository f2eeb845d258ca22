/** Decoded audio, mixed down to one channel: the arithmetic mean over the channels. */
export interface MonoBlock {
  readonly sampleRateHz: number;
  /** Full scale is -1..1; integers are divided by 2^(bits-1). */
  readonly samples: Float32Array;
}

/** Decodes one stream from bytes cut at any place. Every method may throw an AudioError. */
export interface StreamDecoder {
  push(bytes: Uint8Array): Promise<MonoBlock[]>;
  /**
   * The rest. With `complete` the stream must have come to its own end; without, a missing end is no error
   * (live audio that was stopped).
   */
  finish(complete: boolean): Promise<MonoBlock[]>;
  /** Frees what the decoder holds; the decoder is not used afterwards. */
  close(): Promise<void>;
}
