/** When tokens count as a repetition: the same ones at least `times` times in a row, and at least `tokens` of them in all. */
export interface RepetitionLimit {
  readonly times: number;
  readonly tokens: number;
}

/** Longest pattern of tokens that is noticed. */
const MAX_PATTERN = 64;

/** Watches one pass for a pattern of up to 64 tokens that it prints again and again. */
export class RepetitionDetector {
  /** The last tokens, the one `p` back at (next - p) modulo the length. */
  readonly #recent = new Int32Array(MAX_PATTERN).fill(-1);
  /** For each pattern length less 1: how many tokens in a row have equalled the one so far back. */
  readonly #equal = new Uint32Array(MAX_PATTERN);
  #next = 0;

  constructor(readonly limit: RepetitionLimit) {}

  /** Takes the next token in; whether the pass repeats itself now. */
  repeats(token: number): boolean {
    let repeats = false;
    for (let pattern = 1; pattern <= MAX_PATTERN; pattern++) {
      const same = this.#recent[(this.#next - pattern + MAX_PATTERN) % MAX_PATTERN] === token;
      const equal = same ? this.#equal[pattern - 1]! + 1 : 0;
      this.#equal[pattern - 1] = equal;
      repeats ||= pattern + equal >= Math.max(this.limit.times * pattern, this.limit.tokens);
    }
    this.#recent[this.#next] = token;
    this.#next = (this.#next + 1) % MAX_PATTERN;
    return repeats;
  }
}
