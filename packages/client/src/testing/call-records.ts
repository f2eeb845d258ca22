import { type MeshContext, remainingMs } from '@osum/mesh';

/** One attempt of a call, as the server saw it. */
export interface Attempt {
  /** When it came, in milliseconds of a clock that only goes forward. */
  readonly atMs: number;
  /** Milliseconds that it had; null without a deadline. */
  readonly budgetMs: number | null;
  readonly apiKey: string | null;
  readonly authorization: string | null;
  /** Messages of audio. */
  messages: number;
  /** Bytes of all audio. */
  audioBytes: number;
  /** Bytes of the largest message of audio. */
  largestMessage: number;
  ended: 'running' | 'answered' | 'refused' | 'cancelled';
}

/** What the scripted mesh remembers, by tenant: each test has one of its own. */
export class CallRecords {
  readonly #attempts = new Map<string, Attempt[]>();

  /** Attempts of a tenant, in order. */
  of(tenant: string): readonly Attempt[] {
    return this.#attempts.get(tenant) ?? [];
  }

  /** A new attempt. */
  begin({ tenant, deadlineEpochMs, metadata }: MeshContext): Attempt {
    const attempt: Attempt = {
      atMs: performance.now(),
      budgetMs: Number.isFinite(deadlineEpochMs) ? remainingMs(deadlineEpochMs) : null,
      apiKey: metadata.get('x-api-key') ?? null,
      authorization: metadata.get('authorization') ?? null,
      messages: 0,
      audioBytes: 0,
      largestMessage: 0,
      ended: 'running',
    };
    this.#attempts.set(tenant, [...this.of(tenant), attempt]);
    return attempt;
  }
}
