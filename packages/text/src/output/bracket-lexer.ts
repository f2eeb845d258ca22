/** A stretch of output: plain text, or one `<...>` with the probability of the tokens that printed it. */
export type Lexeme =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bracket'; readonly inner: string; readonly raw: string; readonly probability?: number };

/**
 * A `<` that is not closed within so many characters is ordinary text. The longest legal content, an event
 * label, has 15.
 */
const LONGEST_BRACKET = 64;

/**
 * Splits streamed output into text and brackets. Text passes at once; a bracket is held back until it closes,
 * is too long, or another one opens.
 */
export class BracketLexer {
  #held = '';
  #heldLogProb: number | undefined = 0;
  /** Log-probability of tokens that printed nothing yet, such as the first bytes of a character. */
  #silentLogProb: number | undefined = 0;

  /** @param logProb natural log of the probability of the token that printed `delta`; omit where unknown. */
  push(delta: string, logProb: number | undefined): Lexeme[] {
    const tokenLogProb = addLogProbs(this.#silentLogProb, logProb);
    this.#silentLogProb = delta === '' ? tokenLogProb : 0;
    if (delta === '') return [];

    const lexemes: Lexeme[] = [];
    if (this.#held !== '') this.#heldLogProb = addLogProbs(this.#heldLogProb, tokenLogProb);
    for (const part of delta.split(/(?=<)|(?<=>)/)) {
      if (part.startsWith('<')) {
        this.#release(lexemes);
        this.#heldLogProb = tokenLogProb;
        this.#hold(part, lexemes);
      } else if (this.#held !== '') {
        this.#hold(part, lexemes);
      } else {
        lexemes.push({ kind: 'text', text: part });
      }
    }
    return lexemes;
  }

  /** What was held back, as text. */
  finish(): Lexeme[] {
    const lexemes: Lexeme[] = [];
    this.#release(lexemes);
    return lexemes;
  }

  #hold(part: string, lexemes: Lexeme[]): void {
    this.#held += part;
    if (this.#held.endsWith('>')) {
      const raw = this.#held;
      const logProb = this.#heldLogProb;
      lexemes.push({
        kind: 'bracket',
        inner: raw.slice(1, -1).trim(),
        raw,
        ...(logProb === undefined ? {} : { probability: Math.exp(logProb) }),
      });
      this.#held = '';
    } else if (this.#held.length > LONGEST_BRACKET) {
      this.#release(lexemes);
    }
  }

  #release(lexemes: Lexeme[]): void {
    if (this.#held !== '') lexemes.push({ kind: 'text', text: this.#held });
    this.#held = '';
  }
}

function addLogProbs(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
