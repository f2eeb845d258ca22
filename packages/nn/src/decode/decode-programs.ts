import type { Arena, CapturedGraph, Stream } from '@osum/device';
import type { RunnerOptions } from './decoder-runner.js';
import { type SequenceStep, stepRows } from './step.js';
import { type StepContext, StepProgram } from './step-program.js';
import { shapeOfDecoding } from './step-shape.js';

/** A program for a batch size, and its graph where capture works. */
export interface Prepared {
  readonly program: StepProgram;
  readonly graph: CapturedGraph | null;
}

/**
 * Programs for steps that only decode, one per batch size 1, 2, 4, 8, ...: built once, captured as graphs, refilled and
 * replayed. A batch takes the next larger size; its spare rows work on the cache's scratch block.
 */
export class DecodePrograms implements AsyncDisposable {
  readonly #prepared = new Map<Stream, Map<string, Promise<Prepared>>>();
  #captureFailure: string | null;

  constructor(
    private readonly context: StepContext,
    private readonly arena: Arena,
    private readonly options: RunnerOptions,
  ) {
    this.#captureFailure = (options.capture ?? true) ? null : 'capture is switched off';
  }

  /** Why graphs are not used; null while they are. */
  get captureFailure(): string | null {
    return this.#captureFailure;
  }

  /** The prepared program for these steps; null when they are not all single greedy or logit rows. */
  async find(stream: Stream, steps: readonly SequenceStep[]): Promise<Prepared | null> {
    // In fp32 attention is composed for the very lengths of a step: nothing can be prepared.
    if (this.context.decoder.dtype === 'f32' || !steps.every(decodes)) return null;
    const size = Math.min(nextPowerOfTwo(steps.length), this.options.maxSequences);
    const logits = steps.some(({ result }) => result === 'logits');
    const key = `${size}${logits ? ' with logits' : ''}`;
    let programs = this.#prepared.get(stream);
    if (programs === undefined) {
      programs = new Map();
      this.#prepared.set(stream, programs);
    }
    let prepared = programs.get(key);
    if (prepared === undefined) {
      prepared = this.#prepare(stream, size, logits);
      programs.set(key, prepared);
    }
    return prepared;
  }

  async #prepare(stream: Stream, size: number, logits: boolean): Promise<Prepared> {
    const { context, arena } = this;
    arena.release(0); // programs run one after another, so they share the memory
    const { maxPositions } = context.decoder.dims;
    const program = new StepProgram(context, arena, shapeOfDecoding(size, maxPositions, logits));
    if (this.#captureFailure !== null) return { program, graph: null };
    try {
      return { program, graph: await stream.capture(program.program) };
    } catch (error) {
      this.#captureFailure = (error as Error).message;
      return { program, graph: null };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const programs of this.#prepared.values()) {
      for (const prepared of programs.values()) await (await prepared).graph?.dispose();
    }
  }
}

function decodes(step: SequenceStep): boolean {
  return step.result !== 'none' && stepRows(step) === 1 && 'tokens' in step.inputs[0]!;
}

function nextPowerOfTwo(count: number): number {
  return 2 ** Math.ceil(Math.log2(count));
}
