import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Choice } from '@osum/nn';
import type { ContextSpan } from '../cache/context-span.js';
import type { SpeechSource } from '../cache/speech-source.js';
import type { SpeechRows } from '../engine.js';
import type { DecoderObserver, SessionOutcome, StepFacts } from '../observer.js';
import type { FinishReason, Sequence, SequenceListener } from '../schedule/sequence.js';
import { EventChannel } from './event-channel.js';
import { speechAlreadyAttached, speechNotWanted } from './refusals.js';

/** What a session tells, in order. Every pass ends with one `finished`. */
export type SessionEvent =
  | {
      readonly kind: 'token';
      readonly pass: number;
      readonly token: number;
      readonly logProbability: number;
      readonly last: boolean;
    }
  | {
      readonly kind: 'finished';
      readonly pass: number;
      readonly reason: FinishReason;
      readonly generated: number;
    };

/** Where a session's time went, in seconds. */
export interface SessionTiming {
  /** Waiting for admission and for turns in steps. */
  readonly queueSeconds: number;
  /** Steps that held rows of the session. */
  readonly computeSeconds: number;
  /** From the attached speech (without speech: from the request) to the first token; null before it. */
  readonly firstTokenSeconds: number | null;
  /** Works per step, averaged over the session's steps; at least 1. */
  readonly batchSize: number;
}

/** One Generate call from its admission to its end. */
export class Session implements SequenceListener {
  readonly id: string = randomUUID();
  /** 256 random bits in base64url. */
  readonly token: string = randomBytes(32).toString('base64url');
  readonly events: EventChannel<SessionEvent> = new EventChannel();

  #sequences: readonly Sequence[] = [];
  #shared: readonly ContextSpan[] = [];
  #running = 0;
  #attach: 'open' | 'claimed' | 'delivered';
  readonly #over = new AbortController();
  #onOver: () => void = () => {};
  #speechMs: number;
  #firstTokenMs: number | null = null;
  #lastTokenMs: (number | undefined)[] = [];
  #idleSinceMs = 0;
  #speechWaitMs = 0;
  #computeSeconds = 0;
  #steps = 0;
  #parties = 0;
  #lastStep: StepFacts | null = null;

  constructor(
    readonly tenant: string,
    /** Null when no pass has speech. */
    readonly speech: SpeechSource | null,
    /** `performance.now()` when the request came. */
    private readonly requestedMs: number,
    private readonly observer: DecoderObserver,
    private readonly onChange: (session: Session) => void,
  ) {
    this.#attach = speech === null ? 'delivered' : 'open';
    this.#speechMs = requestedMs;
  }

  get over(): boolean {
    return this.#over.signal.aborted;
  }

  /** Aborts when the session is over, with its error if it has one. */
  get overSignal(): AbortSignal {
    return this.#over.signal;
  }

  get timing(): SessionTiming {
    const totalSeconds = (performance.now() - this.requestedMs - this.#speechWaitMs) / 1000;
    return {
      queueSeconds: Math.max(0, totalSeconds - this.#computeSeconds),
      computeSeconds: this.#computeSeconds,
      firstTokenSeconds: this.#firstTokenMs === null ? null : (this.#firstTokenMs - this.#speechMs) / 1000,
      batchSize: this.#steps === 0 ? 1 : this.#parties / this.#steps,
    };
  }

  /** Gives the session its passes, and the stretches of prompt they share; it is over when all passes have ended. */
  begin(sequences: readonly Sequence[], shared: readonly ContextSpan[]): void {
    this.#sequences = sequences;
    this.#shared = shared;
    this.#running = sequences.length;
    this.#idleSinceMs = performance.now();
  }

  /** Calls back once when the session is over. */
  onOver(callback: () => void): void {
    this.#onOver = callback;
  }

  /** Compares a caller's token without telling by timing how much of it fits. */
  tokenFits(token: string): boolean {
    const [given, own] = [Buffer.from(token), Buffer.from(this.token)];
    return given.length === own.length && timingSafeEqual(given, own);
  }

  /**
   * The right to deliver speech, given once; returns the most rows it may have. Throws FAILED_PRECONDITION when it was
   * given before or when no pass has speech.
   */
  claimAttach(): number {
    if (this.speech === null) throw speechNotWanted();
    if (this.#attach !== 'open') throw speechAlreadyAttached();
    this.#attach = 'claimed';
    return this.speech.maxRows;
  }

  /** Hands over the speech after `claimAttach`. */
  deliver(rows: SpeechRows): void {
    if (this.over) return;
    this.speech?.deliver(rows);
    this.#attach = 'delivered';
    this.#speechMs = performance.now();
    this.#speechWaitMs = this.#speechMs - this.#idleSinceMs;
    for (const span of this.#shared) span.shrinkPromise(0);
    for (const sequence of this.#sequences) sequence.trimPromise();
    this.onChange(this);
  }

  get speechDelivered(): boolean {
    return this.#attach === 'delivered';
  }

  /** Ends with an error, which the reader of `events` gets. Later calls do nothing. */
  end(error: unknown, outcome: 'cancelled' | 'failed' = 'failed'): void {
    if (!this.over) this.#finish(outcome, error);
  }

  chose(sequence: Sequence, { token, logProb }: Choice, last: boolean): void {
    const nowMs = performance.now();
    const previousMs = this.#lastTokenMs[sequence.pass];
    if (previousMs !== undefined) this.observer.nextToken((nowMs - previousMs) / 1000);
    this.#lastTokenMs[sequence.pass] = nowMs;
    if (this.#firstTokenMs === null) {
      this.#firstTokenMs = nowMs;
      this.observer.firstToken((nowMs - this.#speechMs) / 1000);
    }
    this.events.push({ kind: 'token', pass: sequence.pass, token, logProbability: logProb, last });
  }

  finished(sequence: Sequence, reason: FinishReason): void {
    this.events.push({ kind: 'finished', pass: sequence.pass, reason, generated: sequence.generated });
    this.#running -= 1;
    if (this.#running === 0) this.#finish('finished', null);
  }

  failed(_sequence: Sequence, error: unknown): void {
    this.end(error);
  }

  stepped(_sequence: Sequence, step: StepFacts): void {
    if (this.#attach !== 'delivered') this.#idleSinceMs = performance.now();
    // Several passes may share a step; its time counts once.
    if (step === this.#lastStep) return;
    this.#lastStep = step;
    this.#computeSeconds += step.seconds;
    this.#steps += 1;
    this.#parties += step.sequences;
  }

  #finish(outcome: SessionOutcome, error: unknown): void {
    this.#over.abort(error ?? undefined);
    for (const sequence of this.#sequences) sequence.end();
    this.events.close(error);
    this.observer.ended(outcome);
    this.#onOver();
    this.onChange(this);
  }
}
