import type { ByteTrie } from './byte-trie.js';
import { Charsmap } from './charsmap.js';
import type { SentencePieceModel } from './model-proto.js';
import { utf8CharacterAt } from './utf8.js';

const SPACE = 0x20;
/** U+2581, which stands for a space inside pieces, in UTF-8. */
const SPACE_SYMBOL = Uint8Array.of(0xe2, 0x96, 0x81);
const REPLACEMENT_CHARACTER = Uint8Array.of(0xef, 0xbf, 0xbd);

type NormalizerSettings = Pick<
  SentencePieceModel,
  | 'precompiledCharsmap'
  | 'addDummyPrefix'
  | 'removeExtraWhitespaces'
  | 'escapeWhitespaces'
  | 'treatWhitespaceAsSuffix'
>;

/**
 * SentencePiece's text normalisation on UTF-8 bytes: character map, white space, dummy prefix. User-defined
 * symbols pass unchanged. The result is always well-formed UTF-8: each malformed byte becomes U+FFFD.
 */
export class Normalizer {
  readonly #settings: NormalizerSettings;
  readonly #charsmap: Charsmap | undefined;
  readonly #userDefined: ByteTrie;
  readonly #space: Uint8Array;

  constructor(settings: NormalizerSettings, userDefined: ByteTrie) {
    this.#settings = settings;
    const { precompiledCharsmap } = settings;
    this.#charsmap = precompiledCharsmap.length > 0 ? new Charsmap(precompiledCharsmap) : undefined;
    this.#userDefined = userDefined;
    this.#space = settings.escapeWhitespaces ? SPACE_SYMBOL : Uint8Array.of(SPACE);
  }

  normalize(input: Uint8Array): Uint8Array {
    const { addDummyPrefix, removeExtraWhitespaces, treatWhitespaceAsSuffix } = this.#settings;
    const output: Uint8Array[] = [];
    let offset = removeExtraWhitespaces ? this.#skipLeadingSpaces(input) : 0;
    if (offset === input.length) return new Uint8Array();

    if (addDummyPrefix && !treatWhitespaceAsSuffix) output.push(this.#space);
    let afterSpace = removeExtraWhitespaces;
    while (offset < input.length) {
      const { byteLength, replacement } = this.#next(input, offset);
      offset += byteLength;
      let start = 0;
      while (afterSpace && replacement[start] === SPACE) start++;
      const rest = replacement.subarray(start);
      this.#append(output, rest);
      if (!removeExtraWhitespaces) afterSpace = false;
      else if (rest.length > 0) afterSpace = rest.at(-1) === SPACE;
    }
    const normalized = Buffer.concat(output);
    const end = removeExtraWhitespaces ? this.#endWithoutSpaces(normalized) : normalized.length;
    const trimmed = normalized.subarray(0, end);
    return addDummyPrefix && treatWhitespaceAsSuffix ? Buffer.concat([trimmed, this.#space]) : trimmed;
  }

  /**
   * The next unit of input and what it becomes: a user-defined symbol, a rule of the character map, or one
   * character.
   */
  #next(input: Uint8Array, offset: number): { byteLength: number; replacement: Uint8Array } {
    const symbolLength = this.#userDefined.longestPrefix(input, offset);
    if (symbolLength > 0) {
      return { byteLength: symbolLength, replacement: input.subarray(offset, offset + symbolLength) };
    }
    const match = this.#charsmap?.match(input, offset);
    if (match !== undefined) return match;
    const { byteLength, valid } = utf8CharacterAt(input, offset);
    return {
      byteLength,
      replacement: valid ? input.subarray(offset, offset + byteLength) : REPLACEMENT_CHARACTER,
    };
  }

  #append(output: Uint8Array[], bytes: Uint8Array): void {
    if (!this.#settings.escapeWhitespaces || !bytes.includes(SPACE)) {
      output.push(bytes);
      return;
    }
    for (let i = 0; i < bytes.length; i++) {
      output.push(bytes[i] === SPACE ? SPACE_SYMBOL : bytes.subarray(i, i + 1));
    }
  }

  #skipLeadingSpaces(input: Uint8Array): number {
    let offset = 0;
    while (offset < input.length) {
      const { byteLength, replacement } = this.#next(input, offset);
      if (replacement.length !== 1 || replacement[0] !== SPACE) break;
      offset += byteLength;
    }
    return offset;
  }

  #endWithoutSpaces(normalized: Buffer): number {
    const width = this.#space.length;
    let end = normalized.length;
    while (end >= width && normalized.subarray(end - width, end).equals(this.#space)) end -= width;
    return end;
  }
}
