import { BLOCK_POSITIONS, KvSequence } from '@osum/nn';
import type { BlockCopy, EngineInput } from '../engine.js';
import type { BlockLedger, BlockPromise } from './block-ledger.js';
import { type Prompt, promptRows, SPEECH } from './prompt.js';
import type { SpeechSource } from './speech-source.js';

/** Blocks of its own that a span needs for positions `[start, end)`, the twin of a partly filled block included. */
export function blocksBetween(start: number, end: number): number {
  return end <= start ? 0 : Math.ceil(end / BLOCK_POSITIONS) - Math.floor(start / BLOCK_POSITIONS);
}

/** A part of a span that one step computes. */
export interface SpanChunk {
  readonly sequence: KvSequence;
  readonly inputs: readonly EngineInput[];
  readonly rows: number;
  /** Copies that come before, when this chunk is the first after a fork. */
  readonly copies: readonly BlockCopy[];
  /** True when nothing of the prompt remains after this chunk. */
  readonly last: boolean;
}

/**
 * A stretch of context. Spans form a tree: a child continues where its parent ends, on the same KV blocks as far as
 * they are full. Lives as long as someone retains it; a child retains its parent until it has forked from it.
 */
export class ContextSpan {
  readonly #elements: number[];
  #parent: ContextSpan | null;
  #sequence: KvSequence | null = null;
  #start = 0;
  #element = 0;
  #speechOffset = 0;
  #references = 1;
  #failure: Error | null = null;

  constructor(
    private readonly ledger: BlockLedger,
    private readonly promise: BlockPromise,
    parent: ContextSpan | null,
    prompt: Prompt,
    private readonly speech: SpeechSource | null,
  ) {
    this.#elements = [...prompt];
    this.#parent = parent;
    parent?.retain();
  }

  get references(): number {
    return this.#references;
  }

  /** Blocks that only this span holds: what its release frees. */
  get ownBlocks(): number {
    const pool = this.ledger.pool;
    return this.#sequence?.blocks.filter((block) => pool.references(block) === 1).length ?? 0;
  }

  /** True when every element is computed: children may fork, a token may be chosen. */
  get sealed(): boolean {
    return this.#parent === null && this.#element === this.#elements.length;
  }

  /** Rows that can be computed now: none while the parent is unfinished, nothing past speech that has not come. */
  get pendingRows(): number {
    if (this.#parent !== null && !this.#parent.sealed) return 0;
    let rows = 0;
    for (let i = this.#element; i < this.#elements.length; i++) {
      if (this.#elements[i] !== SPEECH) rows += 1;
      else if (this.speech?.rows)
        rows += this.speech.rows.rows - (i === this.#element ? this.#speechOffset : 0);
      else break;
    }
    return rows;
  }

  /** Position after the last element, with the bound in place of speech that has not come. */
  get endBound(): number {
    const start = this.#parent?.endBound ?? this.#start;
    return start + promptRows(this.#elements, this.speech?.boundRows ?? 0);
  }

  /** Why this stretch, or one it builds on, can never be computed; null while it can. */
  get failure(): Error | null {
    return this.#failure ?? this.#parent?.failure ?? null;
  }

  fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
  }

  /** Adds a generated token as the next element. */
  append(token: number): void {
    this.#elements.push(token);
  }

  /**
   * Cuts the next `rows` rows, at most `pendingRows`, taking blocks for them. `commit` the chunk when it is computed;
   * a chunk that fails ends the span, whose fork may lack its copy.
   */
  next(rows: number): SpanChunk {
    const copies = this.#open();
    const sequence = this.#sequence as KvSequence;
    this.#taking(() => sequence.reserve(sequence.length + rows));
    const inputs: EngineInput[] = [];
    let element = this.#element;
    let speechOffset = this.#speechOffset;
    for (let left = rows; left > 0; ) {
      const input = this.#inputAt(element, speechOffset, left);
      inputs.push(input);
      left -= 'tokens' in input ? input.tokens.length : input.rows;
      if ('tokens' in input) element += input.tokens.length;
      else [element, speechOffset] = afterSpeech(input, element);
    }
    return { sequence, inputs, rows, copies, last: element === this.#elements.length };
  }

  /** Marks a chunk of `next` as computed. */
  commit(chunk: SpanChunk): void {
    for (const input of chunk.inputs) {
      if ('tokens' in input) this.#element += input.tokens.length;
      else [this.#element, this.#speechOffset] = afterSpeech(input, this.#element);
    }
  }

  /** Gives up promised blocks that are not needed to grow `growthRows` beyond the present elements. */
  shrinkPromise(growthRows: number): void {
    const start = this.#parent?.endBound ?? this.#start;
    const full = Math.floor(start / BLOCK_POSITIONS);
    const taken = this.#sequence === null ? 0 : this.#sequence.blocks.length - full;
    this.promise.shrinkTo(Math.max(0, blocksBetween(start, this.endBound + growthRows) - taken));
  }

  retain(): void {
    this.#references += 1;
  }

  /** Drops one reference; the last one gives the blocks back. */
  release(): void {
    if (this.#references === 0) throw new Error('a context span was released twice');
    this.#references -= 1;
    if (this.#references > 0) return;
    this.promise.shrinkTo(0);
    this.#sequence?.release();
    this.#parent?.release();
  }

  /** Starts the sequence: empty, or as a fork of the parent's. */
  #open(): readonly BlockCopy[] {
    if (this.#sequence !== null) return [];
    const parent = this.#parent;
    if (parent === null) {
      this.#sequence = new KvSequence(this.ledger.pool);
      return [];
    }
    const fork = this.#taking(() => (parent.#sequence as KvSequence).fork());
    this.#sequence = fork.sequence;
    this.#start = fork.sequence.length;
    this.#parent = null;
    parent.release();
    return fork.copies;
  }

  #taking<T>(take: () => T): T {
    const free = this.ledger.pool.freeBlocks;
    const result = take();
    this.promise.redeem(free - this.ledger.pool.freeBlocks);
    return result;
  }

  #inputAt(element: number, speechOffset: number, most: number): EngineInput {
    if (this.#elements[element] === SPEECH) {
      const speech = this.speech?.rows;
      if (!speech) throw new Error('speech rows were asked for before they came');
      return { speech, from: speechOffset, rows: Math.min(most, speech.rows - speechOffset) };
    }
    const speechAt = this.#elements.indexOf(SPEECH, element);
    const until = speechAt === -1 ? this.#elements.length : speechAt;
    const tokens = this.#elements.slice(element, Math.min(until, element + most));
    if (tokens.length === 0) throw new RangeError(`${most} rows more were asked for than the span has`);
    return { tokens };
  }
}

/** Element and row within the speech that follow some speech rows. */
function afterSpeech(input: Extract<EngineInput, { speech: unknown }>, element: number): [number, number] {
  const end = input.from + input.rows;
  return end === input.speech.rows ? [element + 1, 0] : [element, end];
}
