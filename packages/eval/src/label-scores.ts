/** A label as the reference has it, and as it was given; undefined where none was. */
export interface Labelled {
  readonly expected: string;
  readonly given: string | undefined;
}

/** Share of labels that are right. NaN without any. */
export function accuracy(labels: readonly Labelled[]): number {
  return labels.filter(isRight).length / labels.length;
}

/**
 * Mean of the labels' recalls: every label counts the same, however often it occurs. Labels that no reference has are left out.
 * NaN without any.
 */
export function macroAccuracy(labels: readonly Labelled[]): number {
  const shares = [...recalls(labels).values()].map(({ right, count }) => right / count);
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Of each label that occurs in the references: how often it does, and how often it was given then. */
export function recalls(labels: readonly Labelled[]): Map<string, { right: number; count: number }> {
  const found = new Map<string, { right: number; count: number }>();
  for (const label of labels) {
    const entry = found.get(label.expected) ?? { right: 0, count: 0 };
    entry.count += 1;
    if (isRight(label)) entry.right += 1;
    found.set(label.expected, entry);
  }
  return found;
}

/** Confusion matrix: expected label -> given label -> how often. No label given counts under `noLabel`. */
export function confusionMatrix(labels: readonly Labelled[]): Map<string, Map<string, number>> {
  const matrix = new Map<string, Map<string, number>>();
  for (const { expected, given = noLabel } of labels) {
    const row = matrix.get(expected) ?? new Map<string, number>();
    row.set(given, (row.get(given) ?? 0) + 1);
    matrix.set(expected, row);
  }
  return matrix;
}

/** Column of the confusion matrix for answers without a label. No package has such a label: they are words. */
export const noLabel = '-';

function isRight({ expected, given }: Labelled): boolean {
  return expected === given;
}
