import type { MessageInitShape } from '@bufbuild/protobuf';
import { type MeshCallOptions, type MeshClient, RemoteError } from '@osum/mesh';
import {
  AudioEncoding,
  type speechUnderstandingDefinition,
  type UnderstandConfigSchema,
  type UnderstandRequestSchema,
  type UnderstandResponse,
} from '@osum/proto';
import type { CallOptions } from 'nice-grpc';

type Client = MeshClient<typeof speechUnderstandingDefinition>;
type Config = MessageInitShape<typeof UnderstandConfigSchema>;
/** A message of Understand, without its frame. */
export type Message = UnderstandResponse['response'];
/** The messages of one case. */
export type Case<C extends Message['case']> =
  Extract<Message, { case: C }> extends { value: infer V } ? V : never;

/** Format of {@link pcmBytes}. */
export const pcm16k = { encoding: AudioEncoding.PCM_F32LE, sampleRateHz: 16_000 };

/** A tone of some seconds whose first sample is `level`. */
export function tone(seconds: number, level = 0.25): Float32Array {
  return Float32Array.from(
    { length: Math.round(seconds * 16_000) },
    (_, i) => level * Math.cos((i * 2 * Math.PI) / 40),
  );
}

export function pcmBytes(samples: Float32Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

/** The requests of a call: the configuration, then the audio in pieces. */
export async function* requestsOf(
  config: Config,
  audio: Uint8Array,
  pieceBytes = 15_000,
): AsyncGenerator<MessageInitShape<typeof UnderstandRequestSchema>> {
  yield { request: { case: 'config', value: config } };
  for (let start = 0; start < audio.byteLength; start += pieceBytes) {
    yield { request: { case: 'audio', value: audio.subarray(start, start + pieceBytes) } };
  }
}

/** All messages of a call. */
export async function messagesOf(
  client: Client,
  config: Config,
  audio: Uint8Array,
  options?: CallOptions & MeshCallOptions,
): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const { response } of client.understand(requestsOf(config, audio), options))
    messages.push(response);
  return messages;
}

/** The values of all messages of one case. */
export function only<C extends NonNullable<Message['case']>>(
  messages: readonly Message[],
  wanted: C,
): Case<C>[] {
  return messages.filter((message) => message.case === wanted).map((message) => message.value as Case<C>);
}

/** The error of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<RemoteError> {
  const outcome = await call.then(
    () => new Error('the call succeeded'),
    (error) => error,
  );
  if (outcome instanceof RemoteError) return outcome;
  throw outcome;
}
