import { PieceType, readSentencePieceModel } from './model-proto.js';

/** The vocabulary of a SentencePiece model. */
export interface SentencePieces {
  readonly size: number;
  /** Of the piece that stands for what the model does not know. */
  readonly unknownId: number;
  /** A piece in SentencePiece's spelling (U+2581 for a space); undefined beyond the vocabulary. */
  textOf(id: number): string | undefined;
  /** The id of the piece that is spelt like this; undefined when there is none. */
  idOf(text: string): number | undefined;
}

/**
 * Reads the vocabulary of a `tokenizer.model`.
 * @throws {Error} when the bytes are no supported SentencePiece model.
 */
export function readSentencePieces(model: Uint8Array): SentencePieces {
  const { pieces } = readSentencePieceModel(model);
  const unknownId = pieces.findIndex(({ type }) => type === PieceType.Unknown);
  if (unknownId < 0) throw new Error('expected a SentencePiece model with an unknown piece, got none');
  const ids = new Map(pieces.map(({ text }, id) => [text, id]));
  return {
    size: pieces.length,
    unknownId,
    textOf: (id) => pieces[id]?.text,
    idOf: (text) => ids.get(text),
  };
}
