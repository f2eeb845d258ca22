import type { StepResult } from '@osum/nn';
import type { ContextSpan, SpanChunk } from '../cache/context-span.js';
import type { EngineStep } from '../engine.js';
import type { StepFacts } from '../observer.js';
import type { Plannable } from './plan-step.js';

/** Something whose rows the step loop computes: a shared stretch of prompt, or a pass with its generation. */
export interface Work extends Plannable {
  readonly span: ContextSpan;
  /** True when the loop is to drop it: complete, cancelled or failed. */
  readonly ended: boolean;
  /** What the engine is to do with the last row of a chunk. */
  want(chunk: SpanChunk): EngineStep['result'];
  /** A chunk was computed. */
  advance(chunk: SpanChunk, result: StepResult, step: StepFacts): void;
  /** Its step failed, or a stretch it builds on did. */
  fail(error: unknown): void;
  /** Frees what it holds. Called once, when no step is in flight. */
  release(): void;
}
