import type { Attributes } from '@opentelemetry/api';
import { childSpan, type MeshContext, MeshError, markFailed, spanAttributes } from '@osum/mesh';
import { type Pass, PromptMode } from '@osum/proto';
import { reasonName } from '../finish-reasons.js';
import type { GenerateResponseInit } from '../generate.js';
import type { CheckedPass } from '../pass-request.js';
import type { Session } from '../session/session.js';
import { genAi, genAiProvider } from './gen-ai-attributes.js';

/** The span of a decoding session, by the conventions for generative AI. */
export interface GenerationSpan {
  admitted(session: Session): void;
  /** A message goes out. */
  sent(message: GenerateResponseInit): void;
  /** The session is over, with what broke it; without the last message before, and without that, its caller left. */
  end(failure?: unknown): void;
}

/** Begins the span of a session whose request was found good. */
export function generationSpan(
  model: string,
  passes: readonly Pass[],
  checked: readonly CheckedPass[],
  context: MeshContext,
): GenerationSpan {
  const operation = operationOf(passes);
  const beganMs = performance.now();
  const { span } = childSpan(context, `${operation} ${model}`, {
    [genAi.operationName]: operation,
    [genAi.providerName]: genAiProvider,
    [genAi.requestModel]: model,
    [genAi.requestStream]: true,
    [genAi.requestMaxTokens]: Math.max(...checked.map(({ rule }) => rule.maxNewTokens)),
    ...samplingAttributes(passes),
  });
  const capturing = context.captureContent && span.isRecording();
  if (capturing) span.setAttribute(genAi.inputMessages, inputMessages(passes));
  const texts = passes.map(() => '');
  const reasons = passes.map(() => 'error');
  const usage = { prompt: 0, generated: 0 };
  let printing = false;
  let whole = false;
  return {
    admitted: ({ id }) => void span.setAttributes({ [genAi.responseId]: id, [genAi.responseModel]: model }),
    sent({ response }) {
      if (response?.case === 'delta') {
        if (!printing)
          span.setAttribute(genAi.responseTimeToFirstChunk, (performance.now() - beganMs) / 1000);
        printing = true;
        const { pass = 0, tokens = [] } = response.value;
        if (capturing) for (const { text = '' } of tokens) texts[pass] += text;
      } else if (response?.case === 'passFinished') {
        const { pass = 0, reason, promptTokens = 0, generatedTokens = 0 } = response.value;
        reasons[pass] = reasonName(reason);
        usage.prompt += promptTokens;
        usage.generated += generatedTokens;
      } else if (response?.case === 'finished') {
        whole = true;
        const { speechRows = 0, report } = response.value;
        span.setAttributes({
          ...usageAttributes(usage, speechRows),
          [spanAttributes.queueSeconds]: report?.timing?.queueSeconds ?? 0,
          [spanAttributes.computeSeconds]: report?.timing?.computeSeconds ?? 0,
          [spanAttributes.batchEntries]: report?.batchUtterances ?? 1,
        });
      }
    },
    end(failure) {
      span.setAttribute(genAi.responseFinishReasons, reasons);
      if (capturing) span.setAttribute(genAi.outputMessages, outputMessages(texts, reasons));
      if (!whole) markFailed(span, failure ?? new MeshError('callerGone', 'the caller left'));
      span.end();
    },
  };
}

function operationOf(passes: readonly Pass[]): 'chat' | 'text_completion' | 'generate_content' {
  if (passes.every(({ mode }) => mode === PromptMode.CHAT)) return 'chat';
  if (passes.every(({ mode }) => mode === PromptMode.INTENT)) return 'text_completion';
  return 'generate_content';
}

function samplingAttributes(passes: readonly Pass[]): Attributes {
  const sampling = passes.find((pass) => pass.sampling !== undefined)?.sampling;
  if (sampling === undefined) return {};
  const { temperature, topP, topK, seed } = sampling;
  return {
    [genAi.requestTemperature]: temperature,
    ...(topP === undefined ? {} : { [genAi.requestTopP]: topP }),
    ...(topK === undefined ? {} : { [genAi.requestTopK]: topK }),
    ...(seed === undefined ? {} : { [genAi.requestSeed]: Number(seed) }),
  };
}

// All passes share the speech, so its rows count once.
function usageAttributes(usage: { prompt: number; generated: number }, speechRows: number): Attributes {
  return {
    [genAi.usageInputTokens]: usage.prompt + speechRows,
    [genAi.usageTextInputTokens]: usage.prompt,
    [genAi.usageAudioInputTokens]: speechRows,
    [genAi.usageOutputTokens]: usage.generated,
  };
}

function inputMessages(passes: readonly Pass[]): string {
  return JSON.stringify(
    passes.map(({ instruction }) => ({ role: 'user', parts: [{ type: 'text', content: instruction }] })),
  );
}

function outputMessages(texts: readonly string[], reasons: readonly string[]): string {
  return JSON.stringify(
    texts.map((content, pass) => ({
      role: 'assistant',
      parts: [{ type: 'text', content }],
      finish_reason: reasons[pass],
    })),
  );
}
