import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** How a piece is treated. Values of `ModelProto.SentencePiece.Type`. */
export enum PieceType {
  Normal = 1,
  Unknown = 2,
  Control = 3,
  UserDefined = 4,
  Unused = 5,
  Byte = 6,
}

export interface Piece {
  readonly text: string;
  readonly score: number;
  readonly type: PieceType;
}

/** The byte that a byte piece stands for: `<0x41>` -> 65. */
export function byteOfPiece({ text }: Piece): number {
  return Number.parseInt(text.slice(3, 5), 16);
}

/**
 * The parts of a SentencePiece `tokenizer.model` that encoding and decoding read. Defaults as in
 * sentencepiece_model.proto.
 */
export interface SentencePieceModel {
  readonly pieces: readonly Piece[];
  readonly algorithm: 'unigram' | 'bpe';
  readonly byteFallback: boolean;
  readonly treatWhitespaceAsSuffix: boolean;
  /** What an unknown piece decodes to. */
  readonly unknownSurface: string;
  readonly precompiledCharsmap: Uint8Array;
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
  readonly escapeWhitespaces: boolean;
}

type Field = number | string | Uint8Array;
type FieldReader = (reader: BinaryReader) => Field;

const varint: FieldReader = (reader) => reader.int32();
const text: FieldReader = (reader) => reader.string();
const bytes: FieldReader = (reader) => reader.bytes();
const float: FieldReader = (reader) => reader.float();

/** Field numbers of sentencepiece_model.proto. */
const MODEL = { pieces: 1, trainerSpec: 2, normalizerSpec: 3, denormalizerSpec: 5 };
const PIECE = { piece: 1, score: 2, type: 3 };
const TRAINER = { modelType: 3, treatWhitespaceAsSuffix: 24, byteFallback: 35, unkSurface: 44 };
const NORMALIZER = {
  precompiledCharsmap: 2,
  addDummyPrefix: 3,
  removeExtraWhitespaces: 4,
  escapeWhitespaces: 5,
};
const UNIGRAM = 1;
const BPE = 2;

/**
 * Reads a serialised `sentencepiece.ModelProto`.
 * @throws {Error} when the bytes are no such message, hold no pieces, or use what is not supported (word and
 * character models, a denormaliser).
 */
export function readSentencePieceModel(model: Uint8Array): SentencePieceModel {
  const pieces: Piece[] = [];
  let trainer = new Map<number, Field>();
  let normalizer = new Map<number, Field>();
  let denormalizer = new Map<number, Field>();
  try {
    eachField(model, (field, reader) => {
      if (field === MODEL.pieces) pieces.push(readPiece(reader.bytes()));
      else if (field === MODEL.trainerSpec) trainer = readTrainerSpec(reader.bytes());
      else if (field === MODEL.normalizerSpec) normalizer = readNormalizerSpec(reader.bytes());
      else if (field === MODEL.denormalizerSpec) denormalizer = readNormalizerSpec(reader.bytes());
      else return false;
      return true;
    });
  } catch (cause) {
    throw new Error('expected a SentencePiece model (tokenizer.model), got bytes that are no such message', {
      cause,
    });
  }
  if (pieces.length === 0) throw new Error('expected a SentencePiece model, got a message without pieces');
  const type = numberOf(trainer, TRAINER.modelType, UNIGRAM);
  if (type !== UNIGRAM && type !== BPE) {
    throw new Error(`expected a unigram (1) or BPE (2) SentencePiece model, got model type ${type}`);
  }
  if (bytesOf(denormalizer, NORMALIZER.precompiledCharsmap).length > 0) {
    throw new Error('this SentencePiece model has a denormaliser, which is not supported');
  }
  return {
    pieces,
    algorithm: type === UNIGRAM ? 'unigram' : 'bpe',
    byteFallback: numberOf(trainer, TRAINER.byteFallback, 0) !== 0,
    treatWhitespaceAsSuffix: numberOf(trainer, TRAINER.treatWhitespaceAsSuffix, 0) !== 0,
    unknownSurface: (trainer.get(TRAINER.unkSurface) as string | undefined) ?? ' \u2047 ',
    precompiledCharsmap: bytesOf(normalizer, NORMALIZER.precompiledCharsmap),
    addDummyPrefix: numberOf(normalizer, NORMALIZER.addDummyPrefix, 1) !== 0,
    removeExtraWhitespaces: numberOf(normalizer, NORMALIZER.removeExtraWhitespaces, 1) !== 0,
    escapeWhitespaces: numberOf(normalizer, NORMALIZER.escapeWhitespaces, 1) !== 0,
  };
}

function readPiece(message: Uint8Array): Piece {
  const fields = readFields(message, { [PIECE.piece]: text, [PIECE.score]: float, [PIECE.type]: varint });
  return {
    text: (fields.get(PIECE.piece) as string | undefined) ?? '',
    score: numberOf(fields, PIECE.score, 0),
    type: numberOf(fields, PIECE.type, PieceType.Normal),
  };
}

function readTrainerSpec(message: Uint8Array): Map<number, Field> {
  return readFields(message, {
    [TRAINER.modelType]: varint,
    [TRAINER.treatWhitespaceAsSuffix]: varint,
    [TRAINER.byteFallback]: varint,
    [TRAINER.unkSurface]: text,
  });
}

function readNormalizerSpec(message: Uint8Array): Map<number, Field> {
  return readFields(message, {
    [NORMALIZER.precompiledCharsmap]: bytes,
    [NORMALIZER.addDummyPrefix]: varint,
    [NORMALIZER.removeExtraWhitespaces]: varint,
    [NORMALIZER.escapeWhitespaces]: varint,
  });
}

function readFields(message: Uint8Array, readers: Readonly<Record<number, FieldReader>>): Map<number, Field> {
  const fields = new Map<number, Field>();
  eachField(message, (field, reader) => {
    const read = readers[field];
    if (read !== undefined) fields.set(field, read(reader));
    return read !== undefined;
  });
  return fields;
}

/** Calls `take` for every field; where it returns false the field is skipped. */
function eachField(message: Uint8Array, take: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === WireType.EndGroup || !take(field, reader)) reader.skip(wireType, field);
  }
}

function numberOf(fields: Map<number, Field>, field: number, fallback: number): number {
  return (fields.get(field) as number | undefined) ?? fallback;
}

function bytesOf(fields: Map<number, Field>, field: number): Uint8Array {
  return (fields.get(field) as Uint8Array | undefined) ?? new Uint8Array();
}
