import type { MessageInitShape } from '@bufbuild/protobuf';
import { linkSignals, type MeshContext, outgoing, RemoteError, type StagePool, sleep } from '@osum/mesh';
import {
  type AttachTarget,
  type ExtractRequestSchema,
  type featureExtractorDefinition,
  type GenerateFinished,
  type languageDecoderDefinition,
  type PassFinished,
  PcmEncoding,
  type Token,
} from '@osum/proto';
import { reportsFrom } from '@osum/stage';
import type { PassInit } from './pass-requests.js';

/** The stages that the router calls itself. */
export interface Pools {
  readonly features: StagePool<typeof featureExtractorDefinition>;
  readonly decoders: StagePool<typeof languageDecoderDefinition>;
}

/** What is sent through the mesh for one utterance. */
export interface UtteranceRequest {
  /** Name of the model package that every stage must serve. */
  readonly model: string;
  /** [samples] at 16 kHz. */
  readonly samples: Float32Array;
  readonly passes: readonly PassInit[];
  /** Upper bound of the speech rows, for the decoder's reservation. */
  readonly speechRows: number;
}

/** A report of a stage, as it came. */
export type StageReports = Awaited<ReturnType<typeof reportsFrom>>;

/** What happens to an utterance on its way, in this order. */
export type AttemptEvent =
  /** The decoder has reserved a session; nothing has been computed yet. */
  | { readonly type: 'admitted' }
  | { readonly type: 'tokens'; readonly pass: number; readonly tokens: readonly Token[] }
  | { readonly type: 'passFinished'; readonly finished: PassFinished }
  /** The last one; `reports` holds the stages before the decoder, and its Attach. */
  | { readonly type: 'finished'; readonly finished: GenerateFinished; readonly reports: StageReports };

// A session ends as lost when its speech breaks off; the call that broke tells why a moment later.
const causeWaitMs = 250;
const pcmChunkSamples = 16_000;

/**
 * Sends one utterance through the mesh once: reserves a session on a decoder, sends the PCM to a feature extractor, which passes it
 * on, and relays what the decoder prints. Leaving the iteration frees all work.
 *
 * @param used Gets the addresses of the instances that take part; those in it already are avoided.
 * @throws RemoteError of the stage that failed, or the reason of the context's signal.
 */
export async function* attemptUtterance(
  request: UtteranceRequest,
  { decoders, features }: Pools,
  context: MeshContext,
  used: Set<string>,
): AsyncGenerator<AttemptEvent, void, undefined> {
  const decoder = decoders.pick({ avoid: used });
  const extractor = features.pick({ avoid: used });
  used.add(decoder.address).add(extractor.address);
  const linked = linkSignals(context.signal);
  const options = { ...outgoing(context), signal: linked.signal };
  let extraction: Promise<StageReports> | undefined;
  let extractionError: unknown;

  const startExtraction = (target: AttachTarget | undefined) => {
    extraction = reportsFrom(extractor.client.extract(pcmRequests(request, target), options));
    extraction.catch((error) => {
      extractionError = error;
      linked.abort(error);
    });
  };

  try {
    const { passes, speechRows, model } = request;
    for await (const { response } of decoder.client.generate(
      { passes: [...passes], speechRows, model },
      options,
    )) {
      if (response.case === 'admitted') {
        startExtraction(response.value.attach);
        yield { type: 'admitted' };
      } else if (response.case === 'delta') {
        yield { type: 'tokens', pass: response.value.pass, tokens: response.value.tokens };
      } else if (response.case === 'passFinished') {
        yield { type: 'passFinished', finished: response.value };
      } else if (response.case === 'finished') {
        const reports = (await extraction) ?? [];
        decoder.done();
        extractor.done();
        yield { type: 'finished', finished: response.value, reports };
      }
    }
  } catch (error) {
    if (error instanceof RemoteError && extractionError === undefined) {
      decoder.done(error);
      if (error.kind === 'sessionLost') await Promise.race([extraction?.catch(() => {}), sleep(causeWaitMs)]);
    }
    if (extractionError !== undefined && !context.signal.aborted) {
      extractor.done(extractionError);
      throw extractionError;
    }
    throw error;
  } finally {
    linked.abort(new Error('the utterance is over'));
    linked.unlink();
    // Without an error they count as neither good nor bad; a further call has no effect.
    decoder.done(notAnOutcome);
    extractor.done(notAnOutcome);
  }
}

const notAnOutcome = new Error('given up');

async function* pcmRequests(
  { samples, model }: UtteranceRequest,
  decoder: AttachTarget | undefined,
): AsyncGenerator<MessageInitShape<typeof ExtractRequestSchema>> {
  const forward = decoder === undefined ? {} : { forward: { decoder } };
  yield { request: { case: 'config', value: { encoding: PcmEncoding.F32LE, model, ...forward } } };
  for (let start = 0; start < samples.length; start += pcmChunkSamples) {
    const chunk = samples.subarray(start, start + pcmChunkSamples);
    yield {
      request: { case: 'pcm', value: new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength) },
    };
  }
}
