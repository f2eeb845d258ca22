/**
 * Collects streamed text without the white space at its ends; white space inside is passed on once something
 * follows it.
 */
export class TrimmedText {
  #text = '';
  #heldSpace = '';

  get value(): string {
    return this.#text;
  }

  /** The part of `text` that is now known to belong to the trimmed whole. */
  append(text: string): string {
    const candidate = this.#text === '' ? text.trimStart() : this.#heldSpace + text;
    const delta = candidate.trimEnd();
    this.#heldSpace = delta === '' && this.#text === '' ? '' : candidate.slice(delta.length);
    this.#text += delta;
    return delta;
  }
}
