import type { SpeechRows } from '../engine.js';

/** Where a session's speech rows will be: empty until the adapter has attached them. */
export class SpeechSource {
  #rows: SpeechRows | null = null;

  constructor(
    /** Most rows that may come; KV blocks are reserved for them. */
    readonly maxRows: number,
  ) {}

  get rows(): SpeechRows | null {
    return this.#rows;
  }

  /** Rows for counting blocks: the true number once known, else the bound. */
  get boundRows(): number {
    return this.#rows?.rows ?? this.maxRows;
  }

  deliver(rows: SpeechRows): void {
    if (this.#rows !== null) throw new Error('speech was delivered twice');
    if (rows.rows > this.maxRows)
      throw new RangeError(`${rows.rows} speech rows exceed the announced ${this.maxRows}`);
    this.#rows = rows;
  }
}
