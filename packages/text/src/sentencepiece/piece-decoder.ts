import { byteOfPiece, type Piece, PieceType, type SentencePieceModel } from './model-proto.js';
import { utf8CharacterAt, utf8LengthFromLead } from './utf8.js';

const SPACE_SYMBOL = '\u2581';
const REPLACEMENT_CHARACTER = '\ufffd';

type DecoderSettings = Pick<
  SentencePieceModel,
  'pieces' | 'unknownSurface' | 'addDummyPrefix' | 'removeExtraWhitespaces'
>;

/**
 * Turns the ids of one sequence into text, piece by piece. Byte pieces are held back until they form a whole
 * character; bytes that never do become U+FFFD. The concatenation of everything that `push` and `flush`
 * return is the decoded text.
 */
export class PieceDecoder {
  readonly #settings: DecoderSettings;
  #pendingBytes: number[] = [];
  #hasText = false;
  #sawLeadingSpace = false;

  constructor(settings: DecoderSettings) {
    this.#settings = settings;
  }

  /** The text that this id completes, often none. */
  push(id: number): string {
    const piece = this.#settings.pieces[id];
    if (piece === undefined) {
      throw new RangeError(`expected a piece id below ${this.#settings.pieces.length}, got ${id}`);
    }
    if (piece.type === PieceType.Byte) {
      this.#pendingBytes.push(byteOfPiece(piece));
      return this.#took(this.#takeCharacters(false));
    }
    const held = this.#took(this.#takeCharacters(true));
    return held + this.#took(this.#surfaceOf(piece));
  }

  /** What was held back; ends the sequence. */
  flush(): string {
    return this.#took(this.#takeCharacters(true));
  }

  #surfaceOf(piece: Piece): string {
    const { addDummyPrefix, removeExtraWhitespaces, unknownSurface } = this.#settings;
    const atStart = !this.#sawLeadingSpace && !this.#hasText;
    this.#sawLeadingSpace = false;
    if (piece.type === PieceType.Control) return '';
    if (piece.type === PieceType.Unknown) return unknownSurface;
    let { text } = piece;
    if (atStart && (addDummyPrefix || removeExtraWhitespaces) && text.startsWith(SPACE_SYMBOL)) {
      text = text.slice(SPACE_SYMBOL.length);
      // Where white space was squeezed, every leading space goes; otherwise only the dummy prefix.
      this.#sawLeadingSpace = !removeExtraWhitespaces;
    }
    return text.replaceAll(SPACE_SYMBOL, ' ');
  }

  /**
   * Takes whole characters from the pending bytes; at the end of a run of bytes (`all`) also what can no
   * longer become one.
   */
  #takeCharacters(all: boolean): string {
    const bytes = Uint8Array.from(this.#pendingBytes);
    let offset = 0;
    let text = '';
    while (offset < bytes.length) {
      if (!all && offset + utf8LengthFromLead(bytes[offset]!) > bytes.length) break;
      const { byteLength, valid } = utf8CharacterAt(bytes, offset);
      text += valid
        ? Buffer.from(bytes.subarray(offset, offset + byteLength)).toString()
        : REPLACEMENT_CHARACTER;
      offset += byteLength;
    }
    this.#pendingBytes = this.#pendingBytes.slice(offset);
    return text;
  }

  #took(text: string): string {
    this.#hasText ||= text !== '';
    return text;
  }
}
