import { ByteTrie } from './byte-trie.js';
import { type Piece, PieceType } from './model-proto.js';
import type { Segment, Segmenter } from './segmenter.js';
import { utf8LengthFromLead } from './utf8.js';

/** How much worse than the worst piece an unknown character is. */
const UNKNOWN_PENALTY = 10;
/**
 * A user-defined symbol scores next to nothing, so that it always wins against real pieces, whose scores are
 * log-probabilities.
 */
const USER_DEFINED_MARGIN = 0.1;
/** FLT_MIN, where the search for the best score starts. */
const SMALLEST_FLOAT = 2 ** -126;

/**
 * The most probable segmentation under a unigram model, by Viterbi over UTF-8 positions (Kudo 2018, arXiv
 * 1804.10959). Path scores are rounded to float32 after every step and ties keep the first path found, as
 * SentencePiece does, so that the result is the same to the last piece.
 */
export function createUnigramSegmenter(pieces: readonly Piece[], unknownId: number): Segmenter {
  const encoder = new TextEncoder();
  const trie = new ByteTrie(
    [...pieces.entries()]
      .filter(([, { type }]) => type === PieceType.Normal || type === PieceType.UserDefined)
      .map(([id, { text }]) => [encoder.encode(text), id]),
  );
  const normalScores = pieces.filter(({ type }) => type === PieceType.Normal).map(({ score }) => score);
  const bestScore = normalScores.reduce((a, b) => Math.max(a, b), SMALLEST_FLOAT);
  const worstScore = normalScores.reduce((a, b) => Math.min(a, b), Number.MAX_VALUE);
  const unknownScore = Math.fround(worstScore - UNKNOWN_PENALTY);

  const scoreOf = (id: number, byteLength: number): number => {
    const { type, score } = pieces[id]!;
    return type === PieceType.UserDefined ? Math.fround(byteLength * bestScore) - USER_DEFINED_MARGIN : score;
  };

  return (normalized) => {
    const size = normalized.length;
    const bestScores = new Float32Array(size + 1);
    const bestStarts = new Int32Array(size + 1).fill(-1);
    const bestIds = new Int32Array(size + 1);
    const offer = (start: number, end: number, id: number, score: number) => {
      const pathScore = Math.fround(bestScores[start]! + score);
      if (bestStarts[end] !== -1 && pathScore <= bestScores[end]!) return;
      bestScores[end] = pathScore;
      bestStarts[end] = start;
      bestIds[end] = id;
    };

    let start = 0;
    while (start < size) {
      const characterLength = Math.min(utf8LengthFromLead(normalized[start]!), size - start);
      let hasSingleCharacter = false;
      trie.eachPrefix(normalized, start, (byteLength, id) => {
        offer(start, start + byteLength, id, scoreOf(id, byteLength));
        hasSingleCharacter ||= byteLength === characterLength;
      });
      if (!hasSingleCharacter) {
        offer(start, start + characterLength, unknownId, unknownScore);
      }
      start += characterLength;
    }
    return backtrack(bestStarts, bestIds, size);
  };
}

function backtrack(starts: Int32Array, ids: Int32Array, size: number): Segment[] {
  const segments: Segment[] = [];
  for (let end = size; end > 0; end = starts[end]!) {
    segments.push({ id: ids[end]!, start: starts[end]!, end });
  }
  return segments.reverse();
}
