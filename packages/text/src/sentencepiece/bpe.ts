import type { ByteTrie } from './byte-trie.js';
import { MaxHeap } from './max-heap.js';
import { type Piece, PieceType } from './model-proto.js';
import type { Segment, Segmenter } from './segmenter.js';
import { utf8LengthFromLead } from './utf8.js';

const NONE = -1;

/**
 * A symbol of the text being merged, linked to its neighbours; `end === start` once it has been merged away.
 */
interface Symbol {
  readonly start: number;
  end: number;
  previous: number;
  next: number;
  readonly frozen: boolean;
}

/** Two neighbouring symbols that form a piece, with their joint length at the time of writing. */
interface Merge {
  readonly left: number;
  readonly right: number;
  readonly score: number;
  readonly byteLength: number;
}

/**
 * Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909) as SentencePiece runs it: of all neighbouring
 * symbols that form a piece the pair with the best score is merged, the leftmost on ties, until none is left.
 * User-defined symbols are never merged; merges into unused pieces are undone at the end.
 */
export function createBpeSegmenter(
  pieces: readonly Piece[],
  unknownId: number,
  userDefined: ByteTrie,
): Segmenter {
  const idOf = new Map<string, number>();
  for (const [id, { text, type }] of pieces.entries()) {
    if (type === PieceType.Normal || type === PieceType.UserDefined || type === PieceType.Unused)
      idOf.set(text, id);
  }

  return (normalized) => {
    const bytes = Buffer.from(normalized.buffer, normalized.byteOffset, normalized.byteLength);
    const idAt = (start: number, end: number) => idOf.get(bytes.toString('utf8', start, end));
    const symbols = splitSymbols(bytes, userDefined);
    const agenda = new MaxHeap<Merge>((a, b) => a.score - b.score || b.left - a.left);
    /**
     * How each merge into an unused piece came about, by the piece's id: the byte length of its left part.
     */
    const unusedSplits = new Map<number, number>();

    const propose = (left: number, right: number) => {
      if (left === NONE || right === NONE || symbols[left]!.frozen || symbols[right]!.frozen) return;
      const { start, end: middle } = symbols[left]!;
      const { end } = symbols[right]!;
      const id = idAt(start, end);
      if (id === undefined) return;
      agenda.push({ left, right, score: pieces[id]!.score, byteLength: end - start });
      if (pieces[id]!.type === PieceType.Unused) unusedSplits.set(id, middle - start);
    };

    for (let right = 1; right < symbols.length; right++) propose(right - 1, right);
    for (let merge = agenda.pop(); merge !== undefined; merge = agenda.pop()) {
      const left = symbols[merge.left]!;
      const right = symbols[merge.right]!;
      const isStale = left.end === left.start || right.end === right.start;
      if (isStale || right.end - left.start !== merge.byteLength) continue;
      left.end = right.end;
      left.next = right.next;
      if (right.next !== NONE) symbols[right.next]!.previous = merge.left;
      right.end = right.start;
      propose(left.previous, merge.left);
      propose(merge.left, left.next);
    }

    const segments: Segment[] = [];
    const emit = (start: number, end: number) => {
      const id = idAt(start, end) ?? unknownId;
      const split = pieces[id]!.type === PieceType.Unused ? unusedSplits.get(id) : undefined;
      if (split === undefined) {
        segments.push({ id, start, end });
      } else {
        emit(start, start + split);
        emit(start + split, end);
      }
    };
    for (let index = symbols.length > 0 ? 0 : NONE; index !== NONE; index = symbols[index]!.next) {
      emit(symbols[index]!.start, symbols[index]!.end);
    }
    return segments;
  };
}

/** Single characters and whole user-defined symbols, in order. */
function splitSymbols(bytes: Uint8Array, userDefined: ByteTrie): Symbol[] {
  const symbols: Symbol[] = [];
  let start = 0;
  while (start < bytes.length) {
    const symbolLength = userDefined.longestPrefix(bytes, start);
    const end = Math.min(start + (symbolLength || utf8LengthFromLead(bytes[start]!)), bytes.length);
    const index = symbols.length;
    const next = end < bytes.length ? index + 1 : NONE;
    symbols.push({ start, end, previous: index - 1, next, frozen: symbolLength > 0 });
    start = end;
  }
  return symbols;
}
