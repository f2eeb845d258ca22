/** One computed step. */
export interface StepFacts {
  readonly seconds: number;
  /** Sequences and shared stretches that had rows in it. */
  readonly sequences: number;
  /** Rows that were a sequence's last generated token. */
  readonly decodeRows: number;
  /** Rows of prompt. */
  readonly prefillRows: number;
}

/** Hears about steps. */
export interface StepObserver {
  step(facts: StepFacts): void;
  stepFailed(error: unknown): void;
}

/** How a session ended: all passes done, the caller went, or an error. */
export type SessionOutcome = 'finished' | 'cancelled' | 'failed';

/** Hears what the decoder does, for metrics and logs. Calls must not throw. */
export interface DecoderObserver extends StepObserver {
  admitted(facts: { readonly queueSeconds: number; readonly passes: number }): void;
  refused(reason: 'queue-full' | 'too-large' | 'unavailable'): void;
  prefix(facts: { readonly hit: boolean; readonly tokens: number }): void;
  /** From the attached speech, or without speech from the request, to the first token of any pass. */
  firstToken(seconds: number): void;
  /** Between two tokens of one pass. */
  nextToken(seconds: number): void;
  ended(outcome: SessionOutcome): void;
}

/** Hears nothing. */
export const silentObserver: DecoderObserver = {
  step() {},
  stepFailed() {},
  admitted() {},
  refused() {},
  prefix() {},
  firstToken() {},
  nextToken() {},
  ended() {},
};
