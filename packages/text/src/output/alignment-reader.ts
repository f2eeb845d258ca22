import type { Malformed, Word } from './output-events.js';

/** What a stretch of aligned output yields. */
export type AlignmentItem = { readonly word: Word } | { readonly malformed: Malformed };

const TIMES = /^(\d+(?:\.\d+)?)\s*s?(?:\s*[,，;:~\s-]\s*(\d+(?:\.\d+)?)\s*s?)?$/;

/**
 * The one or two times in seconds inside a bracket, `0.1, 0.5` or `0.1`, or undefined where it holds
 * something else.
 */
export function parseTimes(inner: string): readonly [number] | readonly [number, number] | undefined {
  const match = TIMES.exec(inner.trim());
  if (match === null) return undefined;
  const first = Number(match[1]);
  return match[2] === undefined ? [first] : [first, Number(match[2])];
}

/**
 * Reads words with times. No sample of the format was published (the model reference, section 7), so every
 * layout that the prompts suggest is read: `word<start, end>`, `<start, end>word`, `<start>word<end>`, and
 * `<start>word<end>word<end>`.
 */
export class AlignmentReader {
  #pending = '';
  #leading: readonly [number, number] | undefined;
  #lastTime: number | undefined;

  text(text: string): void {
    this.#pending += text;
  }

  times(times: readonly [number] | readonly [number, number]): AlignmentItem[] {
    const [first, second] = times;
    if (second === undefined) {
      const items = this.#takeWord(this.#lastTime, first);
      this.#lastTime = first;
      return items;
    }
    if (this.#pending.trim() !== '' && this.#leading === undefined) return this.#takeWord(first, second);
    const items = this.#takeWord(this.#leading?.[0], this.#leading?.[1]);
    this.#leading = [first, second];
    return items;
  }

  /** The last word, if one is waiting for its times. */
  finish(): AlignmentItem[] {
    const [start, end] = this.#leading ?? [this.#lastTime, undefined];
    return this.#takeWord(start, end);
  }

  #takeWord(startSeconds: number | undefined, endSeconds: number | undefined): AlignmentItem[] {
    const text = this.#pending.trim();
    this.#pending = '';
    if (text === '') return [];
    if (startSeconds !== undefined && endSeconds !== undefined && endSeconds < startSeconds) {
      const raw = `${text}<${startSeconds}, ${endSeconds}>`;
      return [{ word: { text } }, { malformed: { raw, reason: 'the word ends before it starts' } }];
    }
    const start = startSeconds === undefined ? {} : { startSeconds };
    const end = endSeconds === undefined ? {} : { endSeconds };
    return [{ word: { text, ...start, ...end } }];
  }
}
