/**
 * Utterances of different lengths, their rows one behind the other, without padding: utterance i has the rows
 * `starts[i] .. ends[i] - 1`.
 */
export interface Ragged {
  readonly lengths: readonly number[];
  readonly starts: readonly number[];
  /** Cumulative lengths, what TND attention takes. */
  readonly ends: readonly number[];
  /** Rows in all. */
  readonly rows: number;
}

/** The layout of utterances of these lengths; each is at least 1. Throws a `RangeError` otherwise. */
export function ragged(lengths: readonly number[]): Ragged {
  if (lengths.length === 0) throw new RangeError('a ragged batch holds at least one utterance, got none');
  const starts: number[] = [];
  const ends: number[] = [];
  let rows = 0;
  for (const length of lengths) {
    if (!Number.isInteger(length) || length < 1) {
      throw new RangeError(`an utterance has at least one row, got ${length}`);
    }
    starts.push(rows);
    rows += length;
    ends.push(rows);
  }
  return { lengths, starts, ends, rows };
}
