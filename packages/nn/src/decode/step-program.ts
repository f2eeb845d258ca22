import { type Arena, type Download, type Lengths, Program } from '@osum/device';
import { type KvCache, SCRATCH_BLOCK } from '../kv/kv-cache.js';
import { BLOCK_POSITIONS, blocksForPositions } from '../kv/kv-sequence.js';
import type { Tap } from '../layers/tap.js';
import type { PanguDecoder } from '../pangu-decoder.js';
import { greedySelection } from './greedy.js';
import type { PenaltyMasks } from './penalty-masks.js';
import type { SequenceStep, StepResult } from './step.js';
import { StepInputs } from './step-inputs.js';
import type { StepShape } from './step-shape.js';

/** What a program of the runner works on. */
export interface StepContext {
  readonly decoder: PanguDecoder;
  readonly cache: KvCache;
  readonly masks: PenaltyMasks;
}

/** A decoder step as a device program of a fixed shape. Fill it, run it, read its results; then fill it again. */
export class StepProgram {
  readonly program: Program;
  readonly #inputs: StepInputs;
  readonly #keyLengths: Lengths;
  readonly #tokens: Download | null = null;
  readonly #logProbs: Download | null = null;
  readonly #logits: Download | null = null;

  constructor(
    private readonly context: StepContext,
    arena: Arena,
    readonly shape: StepShape,
    tap?: Tap,
  ) {
    const { decoder, cache, masks } = context;
    const program = new Program(arena);
    this.program = program;
    const inputs = new StepInputs(arena, shape.size);
    this.#inputs = inputs;
    program.upload(inputs.block, inputs.bytes);
    this.#keyLengths = program.lengths(shape.keyLengths);
    const x = decoder.embed(program, inputs.tensor('tokens')); // [rows, width]
    for (const { row, rows } of shape.embeddings) program.copy(x.rows(row, row + rows.size(0)), rows);
    const rows = {
      positions: inputs.tensor('positions'),
      slots: inputs.tensor('slots'),
      blockTable: inputs.tensor('blockTable', [shape.size.sequences, shape.size.maxBlocks]),
      queryLengths: program.lengths(shape.queryLengths),
      keyLengths: this.#keyLengths,
      logitRows: shape.allRows ? null : inputs.tensor('logitRows'),
    };
    const logits = decoder.forward(program, x, rows, cache, tap);
    if (logits === null) return;
    if (shape.greedy) {
      const selection = greedySelection(program, logits, inputs, masks);
      this.#tokens = program.download(selection.tokens);
      this.#logProbs = program.download(selection.logProbs);
    }
    if (shape.logits) this.#logits = program.download(logits);
  }

  /** Puts the steps' numbers in. A program for decoding may have more rows than steps; the rest work on scratch. */
  fill(steps: readonly SequenceStep[]): void {
    const { sequences, maxBlocks } = this.shape.size;
    const blockTable = this.#inputs.blockTable.fill(SCRATCH_BLOCK);
    const keyLengths: number[] = [];
    let row = 0;
    let output = 0;
    steps.forEach((step, i) => {
      const { sequence, result } = step;
      const first = row;
      row = this.#fillRows(step, first);
      const keys = sequence.length + row - first;
      for (let b = 0; b < blocksForPositions(keys); b++) blockTable[i * maxBlocks + b] = sequence.blocks[b]!;
      keyLengths.push(keys);
      if (result !== 'none') this.#fillOutput(output++, row - 1, result);
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
    const tokens = this.#tokens?.values();
    const logProbs = this.#logProbs?.float32();
    const logits = this.#logits?.float32();
    const { vocab } = this.context.masks;
    let output = 0;
    return steps.map(({ result }) => {
      if (result === 'none') return null;
      const i = output++;
      if (result === 'logits') return { logits: logits!.slice(i * vocab, (i + 1) * vocab) };
      return { token: tokens![i]!, logProb: logProbs![i]! };
    });
  }

  #fillRows({ sequence, inputs }: SequenceStep, first: number): number {
    let row = first;
    for (const input of inputs) {
      const count = 'tokens' in input ? input.tokens.length : input.embeddings.size(0);
      for (let i = 0; i < count; i++, row++) {
        const position = sequence.length + row - first;
        this.#fillRow(row, 'tokens' in input ? input.tokens[i]! : 0, position, sequence.slot(position));
      }
    }
    return row;
  }

  #fillRow(row: number, token: number, position: number, slot: number): void {
    const { vocab } = this.context.masks;
    if (!(token >= 0 && token < vocab)) {
      throw new RangeError(`token id ${token} is outside the vocabulary of ${vocab}`);
    }
    this.#inputs.tokens[row] = token;
    this.#inputs.slots[row] = slot;
    this.#inputs.setPosition(row, position);
  }

  #fillOutput(output: number, row: number, result: Exclude<SequenceStep['result'], 'none'>): void {
    const { unusedSlot, vocab } = this.context.masks;
    const greedy = typeof result === 'object' ? result : { slot: unusedSlot, penalty: 1, generated: null };
    const markedSlot = greedy.generated === null ? unusedSlot : greedy.slot;
    this.#inputs.logitRows[output] = row;
    this.#inputs.maskRows[output] = greedy.slot;
    this.#inputs.marks[output] = markedSlot * vocab + (greedy.generated ?? 0);
    this.#inputs.penalties[output] = greedy.penalty;
  }
}
