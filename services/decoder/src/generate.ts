import type { MessageInitShape } from '@bufbuild/protobuf';
import { badField, type MeshContext } from '@osum/mesh';
import { type GenerateRequest, type GenerateResponseSchema, Stage } from '@osum/proto';
import { requireModel } from '@osum/stage';
import type { IncrementalDecoder } from '@osum/text';
import type { DecoderGroup } from './decoder-group.js';
import { wireReasons } from './finish-reasons.js';
import { type CheckedPass, checkedPass, type Language } from './pass-request.js';
import type { Session, SessionEvent } from './session/session.js';
import { generationSpan } from './telemetry/generation-span.js';
import type { SessionMetrics } from './telemetry/session-metrics.js';

/** Most passes of a session. */
const MAX_PASSES = 8;

/** A message from Generate as the handler yields it. */
export type GenerateResponseInit = MessageInitShape<typeof GenerateResponseSchema>;

/** What Generate needs. */
export interface Generator {
  readonly language: Language;
  readonly decoders: DecoderGroup;
  readonly metrics: SessionMetrics;
  /** `host:port` of this instance: where speech is attached. */
  readonly instance: string;
}

/** Serves one Generate call: admission, tokens as they come, the end of each pass, the end of all. */
export async function* generate(
  request: GenerateRequest,
  context: MeshContext,
  { language, decoders, instance, metrics }: Generator,
): AsyncGenerator<GenerateResponseInit, void, undefined> {
  const { name } = language.manifest;
  requireModel(request.model, name);
  const passes = checkedPasses(request, language);
  const hasSpeech = passes.some(({ assembled }) => assembled.hasSpeech);
  if (hasSpeech && request.speechRows === 0) {
    throw badField('speech_rows', 'expected the most rows of speech that will be attached, got 0');
  }
  const speechRows = hasSpeech ? request.speechRows : 0;
  const span = generationSpan(name, request.passes, passes, context);
  let session: Session | undefined;
  let failure: unknown;
  try {
    session = await decoders.admit({ tenant: context.tenant, passes, speechRows }, context.signal);
    span.admitted(session);
    const attach = { address: instance, sessionId: session.id, token: session.token };
    yield { response: { case: 'admitted', value: { model: name, ...(hasSpeech ? { attach } : {}) } } };
    const texts = passes.map(() => language.tokenizer.createDecoder());
    const told = (message: GenerateResponseInit) => {
      metrics.sent(message);
      span.sent(message);
      return message;
    };
    for await (const event of session.events) yield told(responseOf(event, passes, texts));
    yield told(finishedOf(session, instance));
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    span.end(failure);
    // The caller may stop reading at any message; a finished session is left as it is.
    session?.end(context.signal.reason ?? new Error('the caller stopped reading'), 'cancelled');
  }
}

function checkedPasses({ passes }: GenerateRequest, language: Language): CheckedPass[] {
  if (passes.length < 1 || passes.length > MAX_PASSES) {
    throw badField('passes', `expected 1 to ${MAX_PASSES}, got ${passes.length}`);
  }
  return passes.map((pass, index) => checkedPass(pass, index, language));
}

function responseOf(
  event: SessionEvent,
  passes: readonly CheckedPass[],
  texts: readonly IncrementalDecoder[],
): GenerateResponseInit {
  const { pass } = event;
  if (event.kind === 'token') {
    const { token, logProbability, last } = event;
    // What might have become a longer character is told with the last token.
    const text = texts[pass]!.push(token) + (last ? texts[pass]!.flush() : '');
    return { response: { case: 'delta', value: { pass, tokens: [{ id: token, text, logProbability }] } } };
  }
  const { prompt, assembled } = passes[pass]!;
  return {
    response: {
      case: 'passFinished',
      value: {
        pass,
        reason: wireReasons[event.reason],
        promptTokens: prompt.length - (assembled.hasSpeech ? 1 : 0),
        generatedTokens: event.generated,
      },
    },
  };
}

function finishedOf(session: Session, instance: string): GenerateResponseInit {
  const { queueSeconds, computeSeconds, firstTokenSeconds, batchSize } = session.timing;
  const speech = session.speech?.rows;
  return {
    response: {
      case: 'finished',
      value: {
        speechRows: speech?.rows ?? 0,
        report: {
          stage: Stage.DECODER,
          instance,
          timing: { queueSeconds, computeSeconds, transferSeconds: 0 },
          batchUtterances: Math.max(1, Math.round(batchSize)),
        },
        ...(firstTokenSeconds === null ? {} : { timeToFirstToken: durationFrom(firstTokenSeconds) }),
      },
    },
  };
}

function durationFrom(seconds: number): { seconds: bigint; nanos: number } {
  const nanos = Math.max(0, Math.round(seconds * 1e9));
  return { seconds: BigInt(Math.floor(nanos / 1e9)), nanos: nanos % 1e9 };
}
