import type { Choice, StepResult } from '@osum/nn';
import type { ContextSpan, SpanChunk } from '../cache/context-span.js';
import type { TokenChooser } from '../choice/token-chooser.js';
import type { EngineStep } from '../engine.js';
import type { StepFacts } from '../observer.js';
import type { RepetitionDetector } from './repetition-detector.js';
import type { Work } from './work.js';

/** Why a pass ended of itself. */
export type FinishReason = 'stop' | 'length' | 'repetition';

/** What a pass may generate. */
export interface GenerationRule {
  readonly chooser: TokenChooser;
  /** Ids that end the pass. */
  readonly stopTokens: ReadonlySet<number>;
  /** Most tokens, the stop token included. */
  readonly maxNewTokens: number;
  /** Ends the pass when it repeats itself. One per pass: it remembers what was chosen. */
  readonly repetition?: RepetitionDetector | undefined;
}

/** Who hears about a sequence. */
export interface SequenceListener {
  /** `last` when the pass ends with this token. */
  chose(sequence: Sequence, choice: Choice, last: boolean): void;
  finished(sequence: Sequence, reason: FinishReason): void;
  failed(sequence: Sequence, error: unknown): void;
  /** A step with rows of this sequence was computed; told before the token that it gave. */
  stepped(sequence: Sequence, step: StepFacts): void;
}

/** One pass: the rest of its prompt, then its tokens one a step. */
export class Sequence implements Work {
  #generated = 0;
  #ended = false;

  constructor(
    /** Index of the pass in its session. */
    readonly pass: number,
    readonly tenant: string,
    readonly span: ContextSpan,
    readonly slot: number,
    private readonly rule: GenerationRule,
    private readonly listener: SequenceListener,
    private readonly onRelease: (sequence: Sequence) => void,
  ) {}

  /** Tokens generated so far, the stop token included. */
  get generated(): number {
    return this.#generated;
  }

  get decoding(): boolean {
    return this.#generated > 0 && this.pendingRows === 1;
  }

  get pendingRows(): number {
    return this.#ended ? 0 : this.span.pendingRows;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Gives up KV blocks that the pass cannot need now that the speech's length is known. */
  trimPromise(): void {
    if (!this.#ended) this.span.shrinkPromise(this.rule.maxNewTokens - this.#generated);
  }

  /** Cancels: nothing more is computed or told. */
  end(): void {
    this.#ended = true;
  }

  want(chunk: SpanChunk): EngineStep['result'] {
    return chunk.last ? this.rule.chooser.want(this.slot) : 'none';
  }

  advance(chunk: SpanChunk, result: StepResult, step: StepFacts): void {
    this.span.commit(chunk);
    if (this.#ended) return;
    this.listener.stepped(this, step);
    if (!chunk.last) return;
    const choice = this.rule.chooser.choose(result);
    this.#generated += 1;
    const reason = this.#reasonToEnd(choice.token);
    this.listener.chose(this, choice, reason !== null);
    if (reason === null) this.span.append(choice.token);
    else this.#finish(reason);
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.listener.failed(this, error);
  }

  release(): void {
    this.span.release();
    this.onRelease(this);
  }

  #reasonToEnd(token: number): FinishReason | null {
    if (this.rule.stopTokens.has(token)) return 'stop';
    if (this.rule.repetition?.repeats(token)) return 'repetition';
    return this.#generated >= this.rule.maxNewTokens ? 'length' : null;
  }

  #finish(reason: FinishReason): void {
    this.#ended = true;
    this.listener.finished(this, reason);
  }
}
