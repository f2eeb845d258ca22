import type { Answer } from '../understanding.js';

/** Seconds of audio that were received, silence included. */
export function durationUsage({ summary }: Answer): { type: 'duration'; seconds: number } {
  return { type: 'duration', seconds: summary?.audioSeconds ?? 0 };
}

/** Tokens that a recording took: of the prompts' texts, of its audio (rows of speech embeddings), and generated. */
export interface TokenCounts {
  readonly text: number;
  readonly audio: number;
  readonly output: number;
}

/** The tokens of all passes over all utterances. */
function tokenCounts({ summary }: Answer): TokenCounts {
  const { promptTokens = 0, speechRows = 0, generatedTokens = 0 } = summary?.usage ?? {};
  return { text: promptTokens, audio: speechRows, output: generatedTokens };
}

/** Usage of a streamed transcription. */
export function transcriptionTokenUsage(answer: Answer): object {
  const { text, audio, output } = tokenCounts(answer);
  return {
    type: 'tokens',
    input_tokens: text + audio,
    input_token_details: { text_tokens: text, audio_tokens: audio },
    output_tokens: output,
    total_tokens: text + audio + output,
  };
}

/** Usage of a chat completion. */
export function chatUsage(answer: Answer): object {
  const { text, audio, output } = tokenCounts(answer);
  return {
    prompt_tokens: text + audio,
    prompt_tokens_details: { audio_tokens: audio },
    completion_tokens: output,
    total_tokens: text + audio + output,
  };
}
