import { SentencePieceProcessor } from './sentencepiece/processor.js';

/**
 * A token registered beside the SentencePiece model: found in the text first, and decoded to exactly this
 * text.
 */
export interface AddedToken {
  readonly text: string;
  readonly id: number;
  /** Whether white space before the token is dropped. Default: false. */
  readonly stripLeft?: boolean | undefined;
  /** Whether white space behind the token is dropped. Default: false. */
  readonly stripRight?: boolean | undefined;
}

/** The `tokenizer` entry of `model.json`, without its type. */
export interface TokenizerOptions {
  readonly bos: number;
  readonly eos: number;
  readonly pad: number;
  readonly addedTokens: readonly AddedToken[];
}

export interface Tokenizer {
  /** One above the greatest id. */
  readonly vocabularySize: number;
  readonly bos: number;
  readonly eos: number;
  readonly pad: number;
  /**
   * The ids of one segment of text. Added tokens are found first (the longest at each place), and every
   * stretch between them is encoded by its own SentencePiece call. Nothing is appended; `bos: true` puts the
   * bos id in front.
   */
  encode(text: string, options?: { readonly bos?: boolean }): number[];
  /**
   * The text of ids. The bos, eos and pad ids are dropped; added tokens come out literally; each stretch
   * between them is decoded alone.
   * @throws {RangeError} on an id outside of the vocabulary.
   */
  decode(ids: readonly number[]): string;
  createDecoder(): IncrementalDecoder;
}

/**
 * Decodes one growing sequence: the concatenation of all results is what `decode` gives for the whole. Never
 * emits half a character.
 */
export interface IncrementalDecoder {
  push(id: number): string;
  /** What was held back because it might have become a longer character. Ends the sequence. */
  flush(): string;
}

/**
 * A tokenizer from a SentencePiece `tokenizer.model`. Source of the segment rules: the model reference,
 * section 5.1.
 * @throws {Error} when the bytes are no supported SentencePiece model, or a special id lies outside of the
 * vocabulary.
 */
export function createTokenizer(model: Uint8Array, options: TokenizerOptions): Tokenizer {
  const processor = new SentencePieceProcessor(model);
  const { bos, eos, pad, addedTokens } = options;
  const vocabularySize = Math.max(processor.pieceCount, ...addedTokens.map(({ id }) => id + 1));
  for (const [name, id] of Object.entries({ bos, eos, pad })) {
    if (!Number.isInteger(id) || id < 0 || id >= vocabularySize) {
      throw new Error(
        `the tokenizer has ids 0..${vocabularySize - 1}; expected the ${name} id among them, got ${id}`,
      );
    }
  }
  const dropped = new Set([bos, eos, pad]);
  const addedById = new Map(addedTokens.map(({ text, id }) => [id, text]));
  const addedByText = new Map(addedTokens.map((token) => [token.text, token]));
  const addedPattern = patternOf([...addedByText.keys()]);

  const createDecoder = (): IncrementalDecoder => {
    let stretch = processor.createDecoder();
    return {
      push(id) {
        if (dropped.has(id)) return '';
        const added = addedById.get(id);
        if (added === undefined) return stretch.push(id);
        const held = stretch.flush();
        stretch = processor.createDecoder();
        return held + added;
      },
      flush: () => stretch.flush(),
    };
  };

  return {
    vocabularySize,
    bos,
    eos,
    pad,
    encode(text, { bos: withBos = false } = {}) {
      // Stretches of text at even places, the added tokens between them at odd ones.
      const parts = addedPattern === undefined ? [text] : text.split(addedPattern);
      const ids = parts.flatMap((part, i) => {
        if (i % 2 === 1) return addedByText.get(part)!.id;
        const left = addedByText.get(parts[i - 1] ?? '')?.stripRight ? part.trimStart() : part;
        return processor.encode(addedByText.get(parts[i + 1] ?? '')?.stripLeft ? left.trimEnd() : left);
      });
      return withBos ? [bos, ...ids] : ids;
    },
    decode(ids) {
      const decoder = createDecoder();
      return ids.map((id) => decoder.push(id)).join('') + decoder.flush();
    },
    createDecoder,
  };
}

/** Matches any of the texts, the longest first, and keeps them when splitting. */
function patternOf(texts: readonly string[]): RegExp | undefined {
  if (texts.length === 0) return undefined;
  const longestFirst = [...texts].sort((a, b) => b.length - a.length);
  return new RegExp(`(${longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`);
}
