import { argmax, BLOCK_POSITIONS, BlockPool, type KvSequence, penalised, type StepResult } from '@osum/nn';
import type { DecoderEngine, EngineBatch, EngineInput, EngineLostError, EngineStep } from '../engine.js';

/** Sizes of a `HashEngine`. */
export interface HashEngineSizes {
  readonly blocks?: number;
  readonly maxSequences?: number;
  readonly maxPositions?: number;
  readonly maxRows?: number;
}

/** Token ids of a `HashEngine` are 0 to 49. */
const HASH_VOCABULARY = 50;

/**
 * A language model for scheduler tests: the scores of the next token are a hash of the whole context as read through
 * the sequence's blocks. It stores one value per KV position, so a missed copy or a block in use twice changes the
 * answer, and a position that was never written throws.
 */
export class HashEngine implements DecoderEngine {
  readonly maxPositions: number;
  readonly maxRows: number;
  readonly maxSequences: number;
  /** Batches in order, for looking at the schedule. */
  readonly batches: EngineBatch[] = [];
  /** Awaited before each step; replace it to hold or to fail steps. */
  beforeStep: () => Promise<void> = () => new Promise((resolve) => setImmediate(resolve));
  recoveries = 0;
  /** Tells that the device was lost while no step ran. */
  lose: (error: EngineLostError) => void = () => {};
  pool: BlockPool;
  readonly #blocks: number;
  readonly #slots: number[];
  readonly #generated = new Map<number, number[]>();
  #cells: (number | undefined)[] = [];
  #inFlight = false;

  constructor(sizes: HashEngineSizes = {}) {
    this.#blocks = sizes.blocks ?? 64;
    this.maxSequences = sizes.maxSequences ?? 8;
    this.maxPositions = sizes.maxPositions ?? 2048;
    this.maxRows = sizes.maxRows ?? 512;
    this.pool = new BlockPool(this.#blocks);
    this.#slots = Array.from({ length: this.maxSequences }, (_, i) => i);
  }

  get freeSlots(): number {
    return this.#slots.length;
  }

  acquireSlot(): number {
    const slot = this.#slots.pop();
    if (slot === undefined) throw new Error('no slot is free');
    this.#generated.set(slot, []);
    return slot;
  }

  releaseSlot(slot: number): void {
    this.#slots.push(slot);
  }

  async step(batch: EngineBatch): Promise<readonly StepResult[]> {
    if (this.#inFlight) throw new Error('two steps at a time');
    this.#inFlight = true;
    try {
      await this.beforeStep();
      this.batches.push(batch);
      if (batch.steps.length > this.maxSequences)
        throw new Error(`a step of ${batch.steps.length} sequences`);
      if (rowsOf(batch) > this.maxRows) throw new Error(`a step of ${rowsOf(batch)} rows`);
      for (const { from, to, positions } of batch.copies) {
        for (let i = 0; i < positions; i++) {
          this.#cells[to * BLOCK_POSITIONS + i] = this.#cells[from * BLOCK_POSITIONS + i];
        }
      }
      for (const step of batch.steps) this.#write(step);
      return batch.steps.map((step) => this.#result(step));
    } finally {
      this.#inFlight = false;
    }
  }

  onLost(listener: (error: EngineLostError) => void): void {
    this.lose = listener;
  }

  async recover(): Promise<void> {
    this.recoveries += 1;
    this.pool = new BlockPool(this.#blocks);
    this.#cells = [];
  }

  async close(): Promise<void> {}

  #write({ sequence, inputs }: EngineStep): void {
    const values = inputs.flatMap(valuesOf);
    for (const [i, value] of values.entries()) this.#cells[sequence.slot(sequence.length + i)] = value;
    sequence.advance(values.length);
  }

  #result({ sequence, result }: EngineStep): StepResult {
    if (result === 'none') return null;
    const scores = scoresAfter(this.#context(sequence));
    if (result === 'logits') return { logits: scores };
    const generated = this.#generated.get(result.slot);
    if (generated === undefined) throw new Error(`slot ${result.slot} was not acquired`);
    if (result.generated !== null) generated.push(result.generated);
    return { token: argmax(penalised(scores, generated, result.penalty)), logProb: -1 };
  }

  #context(sequence: KvSequence): number[] {
    return Array.from({ length: sequence.length }, (_, position) => {
      const cell = this.#cells[sequence.slot(position)];
      if (cell === undefined) throw new Error(`position ${position} was never written`);
      return cell;
    });
  }
}

/** Input rows of a batch. */
export function rowsOf(batch: EngineBatch): number {
  return batch.steps.flatMap((step) => step.inputs).reduce((sum, input) => sum + valuesOf(input).length, 0);
}

/** The value that a row of speech leaves in the cache; never a token id. */
export function speechValue(data: Uint8Array, row: number): number {
  return 1000 + (data[row] as number);
}

/** Scores of the next token after a context, by definition: what any schedule must give. */
export function scoresAfter(context: readonly number[]): Float32Array {
  let hash = 0x811c9dc5;
  for (const value of context) hash = Math.imul(hash ^ value, 0x01000193) >>> 0;
  return Float32Array.from({ length: HASH_VOCABULARY }, (_, id) => {
    return (Math.imul(hash ^ Math.imul(id, 0x9e3779b1), 0x85ebca6b) >>> 0) / 2 ** 32;
  });
}

function valuesOf(input: EngineInput): number[] {
  if ('tokens' in input) return [...input.tokens];
  return Array.from({ length: input.rows }, (_, i) => speechValue(input.speech.data, input.from + i));
}
