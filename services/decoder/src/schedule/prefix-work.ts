import type { ContextSpan, SpanChunk } from '../cache/context-span.js';
import type { Work } from './work.js';

/** Computes a stretch of prompt that several passes build on. It prints nothing. */
export class PrefixWork implements Work {
  readonly decoding = false;

  constructor(
    readonly span: ContextSpan,
    /** Who is charged: the tenant whose request came first. */
    readonly tenant: string,
  ) {
    span.retain();
  }

  get pendingRows(): number {
    return this.span.pendingRows;
  }

  /** Done, failed, or wanted by nobody any more. */
  get ended(): boolean {
    return this.span.sealed || this.span.failure !== null || this.span.references === 1;
  }

  want(): 'none' {
    return 'none';
  }

  advance(chunk: SpanChunk): void {
    this.span.commit(chunk);
  }

  fail(error: unknown): void {
    this.span.fail(error);
  }

  release(): void {
    this.span.release();
  }
}
