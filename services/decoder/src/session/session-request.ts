import type { Prompt } from '../cache/prompt.js';
import type { GenerationRule } from '../schedule/sequence.js';

/** One pass as the core sees it. */
export interface PassRequest {
  /** The whole prompt; `SPEECH` marks the speech rows. */
  readonly prompt: Prompt;
  /** Elements at the start that are a fixed system text, worth keeping for other requests. */
  readonly systemTokens: number;
  readonly rule: GenerationRule;
}

/** One session as the core sees it. */
export interface SessionRequest {
  readonly tenant: string;
  readonly passes: readonly PassRequest[];
  /** Most rows of speech; 0 when no pass has speech. */
  readonly speechRows: number;
}
