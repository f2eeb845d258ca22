import { type Arena, type Download, type Lengths, Program, type Tensor } from '@osum/device';
import { type KvCache, SCRATCH_BLOCK } from '../kv/kv-cache.js';
import { BLOCK_POSITIONS, blocksForPositions, type KvSequence } from '../kv/kv-sequence.js';
import type { PanguDecoder } from '../pangu-decoder.js';
import { greedySelection } from './greedy.js';
import type { PenaltyMasks } from './penalty-masks.js';
import { type SequenceStep, type StepResult, stepRows } from './step.js';
import { StepInputs, type StepSize } from './step-inputs.js';

/** What a step program computes beside the forward pass. */
interface Wanted {
  /** Rows of a sequence whose logits are wanted exist at all. */
  readonly outputs: 'last-rows' | 'all-rows';
  readonly greedy: boolean;
  readonly logits: boolean;
}

/** Embedding rows that replace those of token ids: row of the step, tensor. */
type EmbeddingRows = readonly (readonly [row: number, embeddings: Tensor])[];

/**
 * A decoder step as a device program. Its shape (rows, sequences, outputs) is fixed; ids, positions, blocks, lengths and
 * penalties are filled in before each run.
 */
export class StepProgram {
  readonly program: Program;
  readonly #inputs: StepInputs;
  readonly #queryLengths: Lengths;
  readonly #keyLengths: Lengths;
  readonly #tokens: Download | null = null;
  readonly #logProbs: Download | null = null;
  readonly #logits: Download | null = null;

  private constructor(
    decoder: PanguDecoder,
    cache: KvCache,
    private readonly masks: PenaltyMasks,
    arena: Arena,
    readonly size: StepSize,
    wanted: Wanted,
    lengths: { query: readonly number[]; key: readonly number[] },
    embeddings: EmbeddingRows,
  ) {
    const program = new Program(arena);
    this.program = program;
    const inputs = new StepInputs(arena, size);
    this.#inputs = inputs;
    program.upload(inputs.block, inputs.bytes);
    this.#queryLengths = program.lengths(lengths.query);
    this.#keyLengths = program.lengths(lengths.key);
    const x = decoder.embed(program, inputs.tensor('tokens')); // [rows, width]
    for (const [row, rows] of embeddings) program.copy(x.rows(row, row + rows.size(0)), rows);
    const rows = {
      positions: inputs.tensor('positions'),
      slots: inputs.tensor('slots'),
      blockTable: inputs.tensor('blockTable', [size.sequences, size.maxBlocks]),
      queryLengths: this.#queryLengths,
      keyLengths: this.#keyLengths,
      logitRows: wanted.outputs === 'all-rows' ? null : inputs.tensor('logitRows'),
    };
    const logits = decoder.forward(program, x, rows, cache);
    if (logits === null) return;
    if (wanted.greedy) {
      const selection = greedySelection(program, logits, inputs, masks);
      this.#tokens = program.download(selection.tokens);
      this.#logProbs = program.download(selection.logProbs);
    }
    if (wanted.logits) this.#logits = program.download(logits);
  }

  /** A program of exactly the size of these steps, with their embeddings. */
  static forSteps(
    decoder: PanguDecoder,
    cache: KvCache,
    masks: PenaltyMasks,
    arena: Arena,
    steps: readonly SequenceStep[],
  ): StepProgram {
    const counts = steps.map(stepRows);
    const ends = steps.map(({ sequence }, i) => sequence.length + counts[i]!);
    const embeddings: [number, Tensor][] = [];
    let row = 0;
    const cumulative = steps.map((step, i) => {
      let at = row;
      for (const input of step.inputs) {
        if ('embeddings' in input) embeddings.push([at, input.embeddings]);
        at += 'tokens' in input ? input.tokens.length : input.embeddings.size(0);
      }
      row += counts[i]!;
      return row;
    });
    const size = {
      rows: row,
      sequences: steps.length,
      maxBlocks: Math.max(...ends.map(blocksForPositions)),
      outputs: steps.filter(({ result }) => result !== 'none').length,
    };
    const wanted: Wanted = {
      outputs: 'last-rows',
      greedy: steps.some(({ result }) => typeof result === 'object'),
      logits: steps.some(({ result }) => result === 'logits'),
    };
    return new StepProgram(
      decoder,
      cache,
      masks,
      arena,
      size,
      wanted,
      { query: cumulative, key: ends },
      embeddings,
    );
  }

  /** A program for up to `sequences` decoding sequences, a row each, to be filled again and again. */
  static forDecoding(
    decoder: PanguDecoder,
    cache: KvCache,
    masks: PenaltyMasks,
    arena: Arena,
    sequences: number,
    logits: boolean,
  ): StepProgram {
    const size = {
      rows: sequences,
      sequences,
      maxBlocks: blocksForPositions(decoder.dims.maxPositions),
      outputs: sequences,
    };
    const lengths = {
      query: Array.from({ length: sequences }, (_, i) => i + 1),
      key: new Array<number>(sequences).fill(1),
    };
    return new StepProgram(
      decoder,
      cache,
      masks,
      arena,
      size,
      { outputs: 'all-rows', greedy: true, logits },
      lengths,
      [],
    );
  }

  /** Puts the steps' numbers in. A program for decoding may have more rows than steps; the rest work on scratch. */
  fill(steps: readonly SequenceStep[]): void {
    const inputs = this.#inputs;
    const { sequences, maxBlocks } = this.size;
    const blockTable = inputs.blockTable.fill(SCRATCH_BLOCK);
    const keyLengths: number[] = [];
    let row = 0;
    let output = 0;
    steps.forEach((step, i) => {
      const first = row;
      row = this.#fillRows(step, row);
      const blocks = blocksForPositions(step.sequence.length + row - first);
      for (let b = 0; b < blocks; b++) blockTable[i * maxBlocks + b] = step.sequence.blocks[b]!;
      keyLengths.push(step.sequence.length + row - first);
      if (step.result !== 'none') this.#fillOutput(output++, row - 1, step.result);
    });
    for (let spare = steps.length; spare < sequences; spare++) {
      this.#fillRow(row, 0, 0, SCRATCH_BLOCK * BLOCK_POSITIONS + (row % BLOCK_POSITIONS));
      keyLengths.push(1);
      this.#fillOutput(output++, row++, 'logits');
    }
    this.#keyLengths.set(keyLengths);
  }

  /** The outcome of each step, from the run that has just finished. */
  results(steps: readonly SequenceStep[]): StepResult[] {
    const tokens = this.#tokens === null ? null : this.#tokens.values();
    const logProbs = this.#logProbs === null ? null : this.#logProbs.float32();
    const logits = this.#logits === null ? null : this.#logits.float32();
    const vocab = this.masks.vocab;
    let output = 0;
    return steps.map(({ result }) => {
      if (result === 'none') return null;
      const i = output++;
      if (result === 'logits') return { logits: logits!.slice(i * vocab, (i + 1) * vocab) };
      return { token: tokens![i]!, logProb: logProbs![i]! };
    });
  }

  /** How many positions each sequence gained. */
  appended(steps: readonly SequenceStep[]): { sequence: KvSequence; rows: number }[] {
    return steps.map((step) => ({ sequence: step.sequence, rows: stepRows(step) }));
  }

  #fillRows(step: SequenceStep, first: number): number {
    const { sequence } = step;
    let row = first;
    for (const input of step.inputs) {
      const count = 'tokens' in input ? input.tokens.length : input.embeddings.size(0);
      for (let i = 0; i < count; i++, row++) {
        const position = sequence.length + row - first;
        this.#fillRow(row, 'tokens' in input ? input.tokens[i]! : 0, position, sequence.slot(position));
      }
    }
    return row;
  }

  #fillRow(row: number, token: number, position: number, slot: number): void {
    if (!(token >= 0 && token < this.masks.vocab)) {
      throw new RangeError(`token id ${token} is outside the vocabulary of ${this.masks.vocab}`);
    }
    this.#inputs.tokens[row] = token;
    this.#inputs.slots[row] = slot;
    this.#inputs.setPosition(row, position);
  }

  #fillOutput(output: number, row: number, result: Exclude<SequenceStep['result'], 'none'>): void {
    const inputs = this.#inputs;
    const { unusedSlot, vocab } = this.masks;
    const greedy = typeof result === 'object' ? result : { slot: unusedSlot, penalty: 1, generated: null };
    const markedSlot = greedy.generated === null ? unusedSlot : greedy.slot;
    inputs.logitRows[output] = row;
    inputs.maskRows[output] = greedy.slot;
    inputs.marks[output] = markedSlot * vocab + (greedy.generated ?? 0);
    inputs.penalties[output] = greedy.penalty;
  }
}
