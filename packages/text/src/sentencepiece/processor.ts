import { createBpeSegmenter } from './bpe.js';
import { ByteTrie } from './byte-trie.js';
import {
  byteOfPiece,
  type Piece,
  PieceType,
  readSentencePieceModel,
  type SentencePieceModel,
} from './model-proto.js';
import { Normalizer } from './normalizer.js';
import { PieceDecoder } from './piece-decoder.js';
import type { Segmenter } from './segmenter.js';
import { createUnigramSegmenter } from './unigram.js';

/**
 * SentencePiece's text <-> ids for one model, exact to the id: unigram and BPE, byte fallback, character map,
 * user-defined symbols.
 */
export class SentencePieceProcessor {
  readonly pieceCount: number;
  readonly #model: SentencePieceModel;
  readonly #normalizer: Normalizer;
  readonly #segment: Segmenter;
  readonly #unknownId: number;
  /** Ids of the byte pieces `<0x00>`..`<0xFF>`; undefined without byte fallback. */
  readonly #byteIds: Int32Array | undefined;

  /** @throws {Error} when the bytes are no SentencePiece model or an inconsistent one. */
  constructor(modelBytes: Uint8Array) {
    const model = readSentencePieceModel(modelBytes);
    const { pieces } = model;
    const unknownIds = idsOfType(pieces, PieceType.Unknown);
    if (unknownIds.length !== 1) {
      throw new Error(`expected a SentencePiece model with one unknown piece, got ${unknownIds.length}`);
    }
    const encoder = new TextEncoder();
    const userDefined = new ByteTrie(
      idsOfType(pieces, PieceType.UserDefined).map((id) => [encoder.encode(pieces[id]!.text), id]),
    );
    this.#model = model;
    this.#unknownId = unknownIds[0]!;
    this.#byteIds = model.byteFallback ? byteIdsOf(pieces) : undefined;
    this.#normalizer = new Normalizer(model, userDefined);
    this.#segment =
      model.algorithm === 'unigram'
        ? createUnigramSegmenter(pieces, this.#unknownId)
        : createBpeSegmenter(pieces, this.#unknownId, userDefined);
    this.pieceCount = pieces.length;
  }

  /** The piece of an id, in SentencePiece's spelling (U+2581 for a space). */
  piece(id: number): Piece {
    const piece = this.#model.pieces[id];
    if (piece === undefined) throw new RangeError(`expected a piece id below ${this.pieceCount}, got ${id}`);
    return piece;
  }

  /** The ids of a text; of bytes, malformed UTF-8 becomes U+FFFD. Adds neither bos nor eos. */
  encode(text: string | Uint8Array): number[] {
    const normalized = this.#normalizer.normalize(typeof text === 'string' ? Buffer.from(text) : text);
    const ids: number[] = [];
    let afterUnknown = false;
    for (const { id, start, end } of this.#segment(normalized)) {
      const isUnknown = id === this.#unknownId;
      if (isUnknown && this.#byteIds !== undefined) {
        for (let i = start; i < end; i++) ids.push(this.#byteIds[normalized[i]!]!);
      } else if (!(isUnknown && afterUnknown)) {
        ids.push(id);
      }
      afterUnknown = isUnknown;
    }
    return ids;
  }

  /** A decoder for one sequence of ids. */
  createDecoder(): PieceDecoder {
    return new PieceDecoder(this.#model);
  }
}

function idsOfType(pieces: readonly Piece[], wanted: PieceType): number[] {
  return [...pieces.entries()].filter(([, { type }]) => type === wanted).map(([id]) => id);
}

function byteIdsOf(pieces: readonly Piece[]): Int32Array {
  const ids = new Int32Array(256).fill(-1);
  for (const id of idsOfType(pieces, PieceType.Byte)) ids[byteOfPiece(pieces[id]!)] = id;
  const missing = ids.indexOf(-1);
  if (missing >= 0)
    throw new Error(`expected a SentencePiece model with 256 byte pieces, got none for byte ${missing}`);
  return ids;
}
