/**
 * Rows of the edit distance table of two sequences, one for each prefix of the reference, the empty one included: the score of
 * aligning it with each prefix of the hypothesis. Substitution, insertion and deletion cost 1 each.
 *
 * A score is `cost * weight - hits`: of the alignments with the least cost, that with the most equal pairs wins. Since
 * `cost * weight` is a multiple of the weight and the hits are fewer than it, both can be read back.
 */
function* scoreRows(
  reference: readonly string[],
  hypothesis: readonly string[],
  weight: number,
): Generator<Float64Array> {
  let row = Float64Array.from({ length: hypothesis.length + 1 }, (_, column) => column * weight);
  yield row;
  for (const wanted of reference) {
    const above = row;
    row = new Float64Array(above.length);
    row[0] = above[0]! + weight;
    for (let column = 1; column < row.length; column++) {
      const diagonal = above[column - 1]! + (hypothesis[column - 1] === wanted ? -1 : weight);
      row[column] = Math.min(diagonal, above[column]! + weight, row[column - 1]! + weight);
    }
    yield row;
  }
}

/** How a hypothesis differs from its reference, by the cheapest alignment. */
export interface EditCounts {
  /** Length of the reference: `hits + substitutions + deletions`. */
  readonly reference: number;
  readonly hits: number;
  readonly substitutions: number;
  /** Units of the hypothesis that the reference does not have. */
  readonly insertions: number;
  /** Units of the reference that the hypothesis does not have. */
  readonly deletions: number;
}

/**
 * Counts the edits that turn `reference` into `hypothesis` (Levenshtein distance; of equally cheap alignments, one with the most
 * hits). Takes time in proportion to the product of the lengths, memory to the hypothesis.
 */
export function countEdits(reference: readonly string[], hypothesis: readonly string[]): EditCounts {
  const weight = weightFor(reference, hypothesis);
  let score = 0;
  for (const row of scoreRows(reference, hypothesis, weight)) score = row.at(-1)!;
  const cost = Math.ceil(score / weight);
  const hits = cost * weight - score;
  const substitutions = reference.length + hypothesis.length - 2 * hits - cost;
  return {
    reference: reference.length,
    hits,
    substitutions,
    insertions: hypothesis.length - hits - substitutions,
    deletions: reference.length - hits - substitutions,
  };
}

/**
 * The pairs of equal units of the alignment that {@link countEdits} counts, in order: `[index in reference, index in
 * hypothesis]`. Where a unit could be paired with either of two equal ones, the later one is taken.
 *
 * Takes memory in proportion to the product of the lengths.
 */
export function alignSequences(
  reference: readonly string[],
  hypothesis: readonly string[],
): [number, number][] {
  const weight = weightFor(reference, hypothesis);
  const rows = [...scoreRows(reference, hypothesis, weight)];
  const pairs: [number, number][] = [];
  let i = reference.length;
  let j = hypothesis.length;
  while (i > 0 && j > 0) {
    const score = rows[i]![j]!;
    const diagonal = rows[i - 1]![j - 1]!;
    if (reference[i - 1] === hypothesis[j - 1] && score === diagonal - 1) pairs.push([--i, --j]);
    else if (score === diagonal + weight) [i, j] = [i - 1, j - 1];
    else if (score === rows[i - 1]![j]! + weight) i -= 1;
    else j -= 1;
  }
  return pairs.reverse();
}

/** More than there can be hits. */
function weightFor(reference: readonly string[], hypothesis: readonly string[]): number {
  return Math.min(reference.length, hypothesis.length) + 1;
}
