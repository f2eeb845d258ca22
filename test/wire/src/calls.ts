import {
  type MeshCallOptions,
  type ReceivedTensor,
  readTensor,
  tensorFrames,
  type WireTensor,
} from '@osum/mesh';
import {
  type Admitted,
  type AttachTarget,
  DataType,
  type Forward,
  featureExtractorDefinition,
  type GenerateFinished,
  type GenerateResponse,
  type Grammar,
  languageDecoderDefinition,
  modalityAdapterDefinition,
  type PassFinished,
  PcmEncoding,
  PromptMode,
  type StageReport,
  speechEncoderDefinition,
  type TensorFrame,
} from '@osum/proto';
import type { Chain } from './chain-fixture.js';

/** Options of a call. */
export type Options = MeshCallOptions & { signal?: AbortSignal };

/** What a stage answered: its tensor, unless it was forwarded, and the reports. */
export interface StageAnswer {
  readonly tensor: WireTensor | null;
  readonly stages: readonly StageReport[];
}

/** A second of a chirp, 16 kHz. */
export function chirp(seconds: number, pitch = 1): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * 16_000) }, (_, i) => {
    const t = i / 16_000;
    return 0.4 * Math.sin(2 * Math.PI * pitch * (200 * t + 300 * t * t));
  });
}

/** Calls FeatureExtractor.Extract with PCM in f32. */
export function extract(
  chain: Chain,
  pcm: Float32Array,
  forward?: Forward,
  options: Options = {},
): Promise<StageAnswer> {
  const client = chain.channels.client(featureExtractorDefinition, chain.features.address);
  const bytes = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  async function* requests() {
    const config = { encoding: PcmEncoding.F32LE, ...(forward === undefined ? {} : { forward }) };
    yield { request: { case: 'config' as const, value: config } };
    for (let offset = 0; offset < bytes.length; offset += 100_000) {
      yield { request: { case: 'pcm' as const, value: bytes.subarray(offset, offset + 100_000) } };
    }
  }
  return answerOf(client.extract(requests(), options), 'features');
}

/** Calls SpeechEncoder.Encode. */
export function encode(
  chain: Chain,
  features: WireTensor,
  forward?: Forward,
  options: Options = {},
): Promise<StageAnswer> {
  const client = chain.channels.client(speechEncoderDefinition, chain.encoder.address);
  return answerOf(client.encode(configThenFrames(features, forward), options), 'hidden');
}

/** Calls ModalityAdapter.Adapt. */
export function adapt(
  chain: Chain,
  hidden: WireTensor,
  forward?: Forward,
  options: Options = {},
): Promise<StageAnswer> {
  const client = chain.channels.client(modalityAdapterDefinition, chain.adapter.address);
  return answerOf(client.adapt(configThenFrames(hidden, forward), options), 'speech');
}

/** A configuration and a tensor's frames, as the requests of a stage. */
export async function* configThenFrames(tensor: WireTensor, forward?: Forward) {
  yield { request: { case: 'config' as const, value: forward === undefined ? {} : { forward } } };
  for (const value of tensorFrames(tensor)) yield { request: { case: 'frame' as const, value } };
}

/** A pass of a Generate call with defaults for tests. */
export interface PassInit {
  readonly mode?: PromptMode;
  readonly instruction?: string;
  readonly grammar?: Grammar;
  readonly maxNewTokens?: number;
  readonly repetitionPenalty?: number;
  readonly sampling?: { temperature: number; topK?: number; topP?: number; seed?: bigint };
}

/** What a session said. */
export interface Generated {
  readonly admitted: Admitted;
  /** Token ids of each pass. */
  readonly tokens: readonly (readonly number[])[];
  readonly texts: readonly string[];
  readonly passes: readonly PassFinished[];
  readonly finished: GenerateFinished;
}

/** The responses of a Generate call. */
export function generateStream(
  chain: Chain,
  passes: readonly PassInit[],
  speechRows = 0,
  options: Options = {},
): AsyncIterable<GenerateResponse> {
  const client = chain.channels.client(languageDecoderDefinition, chain.decoder.address);
  const request = {
    speechRows,
    passes: passes.map(({ mode = PromptMode.UNDERSTAND, instruction = '<asr>', ...rest }) => ({
      mode,
      instruction,
      ...rest,
    })),
  };
  return client.generate(request, options);
}

/** Runs a session to its end; `onAdmitted` brings the speech. */
export async function generate(
  chain: Chain,
  passes: readonly PassInit[],
  speechRows = 0,
  onAdmitted: (target: AttachTarget) => Promise<unknown> = async () => {},
  options: Options = {},
): Promise<Generated> {
  const tokens: number[][] = passes.map(() => []);
  const texts = passes.map(() => '');
  const ends: PassFinished[] = [];
  let admitted: Admitted | undefined;
  let finished: GenerateFinished | undefined;
  let attaching: Promise<unknown> = Promise.resolve();
  for await (const { response } of generateStream(chain, passes, speechRows, options)) {
    switch (response.case) {
      case 'admitted':
        admitted = response.value;
        if (admitted.attach) attaching = onAdmitted(admitted.attach);
        attaching.catch(() => {});
        break;
      case 'delta':
        for (const { id, text } of response.value.tokens) {
          tokens[response.value.pass]!.push(id);
          texts[response.value.pass] += text;
        }
        break;
      case 'passFinished':
        ends.push(response.value);
        break;
      case 'finished':
        finished = response.value;
    }
  }
  await attaching;
  if (admitted === undefined || finished === undefined) throw new Error('the session said nothing');
  return { admitted, tokens, texts, passes: ends, finished };
}

/** Attaches speech to a session. */
export async function attach(chain: Chain, target: AttachTarget, speech: WireTensor, options: Options = {}) {
  const client = chain.channels.client(languageDecoderDefinition, target.address);
  const { sessionId, token } = target;
  async function* requests() {
    yield { request: { case: 'attach' as const, value: { sessionId, token } } };
    for (const value of tensorFrames(speech)) yield { request: { case: 'frame' as const, value } };
  }
  return client.attach(requests(), options);
}

/** `Forward` to a session through the addresses that the stages are configured with. */
export function forwardTo(decoder: AttachTarget): Forward {
  return { decoder, encoderAddress: '', adapterAddress: '' } as Forward;
}

interface Answering {
  readonly response:
    | { readonly case: 'frame'; readonly value: TensorFrame }
    | { readonly case: 'report'; readonly value: { readonly stages: StageReport[] } }
    | { readonly case: undefined };
}

async function answerOf(responses: AsyncIterable<Answering>, name: string): Promise<StageAnswer> {
  const frames: TensorFrame[] = [];
  let stages: readonly StageReport[] | null = null;
  for await (const { response } of responses) {
    if (stages !== null) throw new Error('something came after the report');
    if (response.case === 'frame') frames.push(response.value);
    if (response.case === 'report') stages = response.value.stages;
  }
  if (stages === null) throw new Error('no report came');
  return { tensor: frames.length === 0 ? null : (await tensorOf(frames, name)).tensor, stages };
}

async function tensorOf(frames: readonly TensorFrame[], name: string): Promise<ReceivedTensor> {
  async function* stream() {
    yield* frames;
  }
  const dtypes = [DataType.F32, DataType.BF16];
  return readTensor(stream(), { name, dtypes, shape: [null, null], maxBytes: 2 ** 28 });
}
