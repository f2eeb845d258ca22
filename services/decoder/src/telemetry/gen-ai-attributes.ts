/**
 * Attributes of the conventions for generative AI: open-telemetry/semantic-conventions-genai v0.1.0, status Development. They stand here,
 * and do not come from @opentelemetry/semantic-conventions, because its release 1.45.0 has all but the input tokens of text and of audio.
 */
export const genAi = {
  operationName: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  requestMaxTokens: 'gen_ai.request.max_tokens',
  requestTemperature: 'gen_ai.request.temperature',
  requestTopP: 'gen_ai.request.top_p',
  requestTopK: 'gen_ai.request.top_k',
  requestSeed: 'gen_ai.request.seed',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  responseFinishReasons: 'gen_ai.response.finish_reasons',
  /** Seconds from the request to the first token. */
  responseTimeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  usageInputTokens: 'gen_ai.usage.input_tokens',
  usageTextInputTokens: 'gen_ai.usage.text.input_tokens',
  usageAudioInputTokens: 'gen_ai.usage.audio.input_tokens',
  usageOutputTokens: 'gen_ai.usage.output_tokens',
  /** JSON by the conventions' schema; only with captureContent. */
  inputMessages: 'gen_ai.input.messages',
  /** JSON by the conventions' schema; only with captureContent. */
  outputMessages: 'gen_ai.output.messages',
} as const;

/** Who answers, in `gen_ai.provider.name`. */
export const genAiProvider = 'osum';
