import type { EditCounts } from './align-sequences.js';

const none: EditCounts = { reference: 0, hits: 0, substitutions: 0, insertions: 0, deletions: 0 };

/** The edits of several utterances together. */
export function sumEdits(counts: readonly EditCounts[]): EditCounts {
  return counts.reduce(
    (sum, { reference, hits, substitutions, insertions, deletions }) => ({
      reference: sum.reference + reference,
      hits: sum.hits + hits,
      substitutions: sum.substitutions + substitutions,
      insertions: sum.insertions + insertions,
      deletions: sum.deletions + deletions,
    }),
    none,
  );
}

/** Substitutions, insertions and deletions together. */
export function editErrors({ substitutions, insertions, deletions }: EditCounts): number {
  return substitutions + insertions + deletions;
}

/**
 * Word or character error rate of a corpus: the errors of all utterances over the length of all references. May exceed 1. NaN where
 * no reference has a word.
 */
export function errorRate(counts: readonly EditCounts[]): number {
  let errors = 0;
  let reference = 0;
  for (const count of counts) {
    errors += editErrors(count);
    reference += count.reference;
  }
  return reference === 0 ? Number.NaN : errors / reference;
}
